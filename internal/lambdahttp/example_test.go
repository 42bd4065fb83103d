package lambdahttp_test

import (
	"fmt"
	"io"
	"net/http"

	"links/internal/lambdahttp"
	"links/internal/lambdahttp/gatewaytest"
)

func ExampleFunction() {
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "Hello, %s!", r.FormValue("name"))
	})
	function := &lambdahttp.Function{Handler: hello}

	// A program would call lambda.Start(function). Here a simulated HTTP API invokes it.
	gateway := gatewaytest.HTTPAPI()
	response, err := gateway.Client(function.Invoke).Get(gateway.BaseURL() + "/hello?name=Ada")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	fmt.Println(response.Status, string(body), err)
	// Output: 200 OK Hello, Ada! <nil>
}
