package rfc147

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"
)

// WriteCSV writes records for [ReadCSV], a header line before them: the eight fields of
// RFC 147 p.3 in its order, times as in RFC 3339, sockets as home/user/plug/polarity.
func WriteCSV(w io.Writer, records iter.Seq[Record]) error {
	out := csv.NewWriter(w)
	if err := out.Write(recordColumns); err != nil {
		return err
	}
	n := 0
	for r := range records {
		n++
		if err := r.check(); err != nil {
			return fmt.Errorf("rfc147: entry %d: %w", n, err)
		}
		if err := out.Write(r.cells()); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// cells are the eight fields as text.
func (r Record) cells() []string {
	number := func(n uint64) string { return strconv.FormatUint(n, 10) }
	return []string{
		instant(r.Made), instant(r.Closed), number(r.Messages), number(r.Bits),
		number(uint64(r.SendingHost)), number(uint64(r.ReceivingHost)), r.SendingSocket.Fields(), r.ReceivingSocket.Fields(),
	}
}

// ReadCSV reads what [WriteCSV] wrote, sockets in any notation of [Parse].
func ReadCSV(r io.Reader) (*Ledger, error) {
	l := &Ledger{}
	err := eachRow(r, recordColumns, func(r *row) {
		record := r.record()
		if r.err != nil {
			return
		}
		if err := l.enter(record); err != nil {
			r.fail("%w", err)
		}
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

func (r *row) record() Record {
	return Record{
		Made:            r.instant("made"),
		Closed:          r.instant("closed"),
		Messages:        r.number("messages", 64),
		Bits:            r.number("bits", 64),
		SendingHost:     uint8(r.number("sending_host", 8)),
		ReceivingHost:   uint8(r.number("receiving_host", 8)),
		SendingSocket:   r.socket("sending_socket"),
		ReceivingSocket: r.socket("receiving_socket"),
	}
}

// What the fields of a record look like.
const (
	wantInstant = "a time like 1971-05-07T14:00:00Z"
	wantSocket  = "a socket like 10/0/0/send"
)

func (r *row) instant(column string) (at time.Time) {
	text := r.text(column)
	if err := at.UnmarshalText([]byte(text)); err != nil {
		r.fail("%s %s, want %s", column, shown(text), wantInstant)
	}
	return at
}

func (r *row) socket(column string) Socket {
	text := r.text(column)
	s, err := Parse(text)
	if err != nil {
		r.fail("%s %s, want %s", column, shown(text), wantSocket)
	}
	return s
}

// WriteJSON writes records for [ReadJSON]: an array, one record a line, the fields as
// in [WriteCSV].
func WriteJSON(w io.Writer, records iter.Seq[Record]) error {
	out := bufio.NewWriter(w)
	before, n := "[\n", 0
	for r := range records {
		n++
		if err := r.check(); err != nil {
			return fmt.Errorf("rfc147: entry %d: %w", n, err)
		}
		r.Made, r.Closed = r.Made.UTC(), r.Closed.UTC()
		line, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("rfc147: entry %d: %w", n, err)
		}
		if _, err := fmt.Fprintf(out, "%s%s", before, line); err != nil {
			return err
		}
		before = ",\n"
	}
	after := "\n]\n"
	if n == 0 {
		after = "[]\n"
	}
	if _, err := out.WriteString(after); err != nil {
		return err
	}
	return out.Flush()
}

// ReadJSON reads what [WriteJSON] wrote, sockets in any notation of [Parse].
func ReadJSON(r io.Reader) (*Ledger, error) {
	in, l := json.NewDecoder(r), &Ledger{}
	if start, err := in.Token(); err != nil || start != json.Delim('[') {
		return nil, errors.New("rfc147: want an array of records: [")
	}
	for in.More() {
		record, err := decodeRecord(in)
		if err == nil {
			err = l.enter(record)
		}
		if err != nil {
			return nil, fmt.Errorf("rfc147: entry %d: %w", l.Len()+1, err)
		}
	}
	if _, err := in.Token(); err != nil {
		return nil, fmt.Errorf("rfc147: after entry %d: %w", l.Len(), err)
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("rfc147: after entry %d: want nothing more behind ]", l.Len())
	}
	return l, nil
}

func decodeRecord(in *json.Decoder) (r Record, err error) {
	var fields map[string]json.RawMessage
	err = in.Decode(&fields)
	if wrong := new(json.UnmarshalTypeError); errors.As(err, &wrong) {
		return r, fmt.Errorf("%s, want a record: {", wrong.Value)
	}
	if err != nil {
		return r, err
	}
	return r, r.setFields(fields)
}

// UnmarshalJSON reads a record that has each of the eight fields and nothing else.
func (r *Record) UnmarshalJSON(text []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return fmt.Errorf("rfc147: %w", err)
	}
	if err := r.setFields(fields); err != nil {
		return fmt.Errorf("rfc147: %w", err)
	}
	return nil
}

func (r *Record) setFields(values map[string]json.RawMessage) error {
	for i, f := range []struct {
		of   any
		want string
	}{
		{&r.Made, wantInstant},
		{&r.Closed, wantInstant},
		{&r.Messages, "a number of 64 bits"},
		{&r.Bits, "a number of 64 bits"},
		{&r.SendingHost, "a number of 8 bits"},
		{&r.ReceivingHost, "a number of 8 bits"},
		{&r.SendingSocket, wantSocket},
		{&r.ReceivingSocket, wantSocket},
	} {
		column := recordColumns[i]
		value, ok := values[column]
		if !ok {
			return fmt.Errorf("no %s", column)
		}
		if string(value) == "null" || json.Unmarshal(value, f.of) != nil {
			return fmt.Errorf("%s %s, want %s", column, shown(unquoted(value)), f.want)
		}
	}
	if len(values) > len(recordColumns) {
		return fmt.Errorf("%d fields, want %d: %s", len(values), len(recordColumns), strings.Join(recordColumns, ", "))
	}
	return nil
}

// unquoted is what a value says, for an error.
func unquoted(value json.RawMessage) string {
	var text string
	if value[0] != '"' || json.Unmarshal(value, &text) != nil {
		return string(value)
	}
	return text
}
