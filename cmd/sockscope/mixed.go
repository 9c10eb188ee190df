package main

import (
	"os/exec"

	"sockscope/handshake"
	"sockscope/handshake/mixed"
)

// engine is what plays a scenario, and the scenario as it is played there.
func (p *program) engine(f *flags, s *handshake.Scenario) (handshake.Engine, *handshake.Scenario, error) {
	e := mixed.Engine{KernelEnd: f.kernelEnd}
	switch {
	case f.engine == mixed.Name:
	case f.kernelEnd != "":
		return nil, nil, p.misuse("ui.error.unmixed", "flag", "kernel-end")
	case f.kernelProgram != "":
		return nil, nil, p.misuse("ui.error.unmixed", "flag", "kernel-program")
	default:
		return engines()[f.engine], s, nil
	}
	var names []string
	for _, peer := range s.Peers {
		names = append(names, peer.Name)
	}
	if f.kernelEnd != "" {
		if err := p.among("kernel-end", f.kernelEnd, names); err != nil {
			return nil, nil, err
		}
	}
	if f.kernelProgram == "" {
		return e, s, nil
	}
	words, ok := mixed.Command(f.kernelProgram)
	if !ok {
		return nil, nil, p.misuse("ui.error.value", "flag", "kernel-program", "found", f.kernelProgram,
			"allowed", "PROGRAM ARG 'ARG ARG' \"ARG ARG\"", "meant", "")
	}
	if _, err := exec.LookPath(words[0]); err != nil {
		return nil, nil, p.misuse("ui.error.program", "found", words[0])
	}
	e.Program = words
	return e, e.Loose(s), nil
}
