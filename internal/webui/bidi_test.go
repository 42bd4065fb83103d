package webui_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/coder/websocket"
)

// A firefox is a Firefox that is controlled by WebDriver BiDi
// (https://www.w3.org/TR/webdriver-bidi/). It must not be used concurrently.
type firefox struct {
	ctx        context.Context
	connection *websocket.Conn
	lastID     int
	onLog      func(logEntry)
}

// A logEntry is an exception (javascript) or a call of a method of console (console).
type logEntry struct {
	Type, Text string
	Source     struct{ Context string }
}

// An object is a JSON object.
type object map[string]any

// call sends a command and decodes its result into result, unless it is nil.
func (f *firefox) call(method string, params object, result any) error {
	ctx, cancel := context.WithTimeout(f.ctx, 2*maxWait)
	defer cancel()
	f.lastID++
	command, err := json.Marshal(object{"id": f.lastID, "method": method, "params": params})
	if err != nil {
		return err
	}
	if err := f.connection.Write(ctx, websocket.MessageText, command); err != nil {
		return err
	}
	for {
		_, content, err := f.connection.Read(ctx)
		if err != nil {
			return err
		}
		var message struct {
			ID             int
			Error, Message string
			Method         string
			Params         logEntry
			Result         json.RawMessage
		}
		switch err := json.Unmarshal(content, &message); {
		case err != nil:
			return err
		case message.Method == "log.entryAdded":
			f.onLog(message.Params)
		case message.ID != f.lastID:
			continue
		case message.Error != "":
			return fmt.Errorf("%s: %s: %s", method, message.Error, message.Message)
		case result != nil:
			return json.Unmarshal(message.Result, result)
		default:
			return nil
		}
	}
}

// A remoteValue is a JavaScript value as WebDriver BiDi encodes it.
type remoteValue struct {
	Type     string
	Value    json.RawMessage
	SharedID string
}

// decode returns a value that package json encodes like the JavaScript value.
func (v remoteValue) decode() (any, error) {
	if v.Value == nil {
		return nil, nil
	}
	switch v.Type {
	case "array":
		var items []remoteValue
		if err := json.Unmarshal(v.Value, &items); err != nil {
			return nil, err
		}
		decoded := make([]any, len(items))
		for i, item := range items {
			var err error
			if decoded[i], err = item.decode(); err != nil {
				return nil, err
			}
		}
		return decoded, nil
	case "object":
		var members [][2]json.RawMessage
		if err := json.Unmarshal(v.Value, &members); err != nil {
			return nil, err
		}
		decoded := object{}
		for _, member := range members {
			var name string
			var value remoteValue
			err := errors.Join(json.Unmarshal(member[0], &name), json.Unmarshal(member[1], &value))
			if err != nil {
				return nil, err
			}
			if decoded[name], err = value.decode(); err != nil {
				return nil, err
			}
		}
		return decoded, nil
	default:
		return v.Value, nil
	}
}
