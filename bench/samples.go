package main

import "slices"

// samples contains the values of each round by the name of the figure, in seconds,
// bytes, or units per second.
type samples map[string][]float64

func (s samples) add(figure string, value float64) { s[figure] = append(s[figure], value) }

// ratios returns the ratio of two figures in each round.
func (s samples) ratios(figure, reference string) []float64 {
	a, b := s[figure], s[reference]
	if len(a) == 0 || len(a) != len(b) {
		panic("no rounds of " + figure + " and " + reference)
	}
	ratios := make([]float64, len(a))
	for i := range a {
		ratios[i] = a[i] / b[i]
	}
	return ratios
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
