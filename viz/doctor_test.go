package viz

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDoctorSaysOneLine(t *testing.T) {
	for _, c := range []struct {
		lang string
		f    Finding
		text string
	}{
		{"en", Finding{Name: "raw-sockets", OK: true}, "raw sockets               yes\n"},
		{"en", Finding{Name: "queue", OK: true, How: "nft_queue"}, "queue of held segments    yes     nft_queue\n"},
		{
			"en",
			Finding{Name: "settings", Cause: "read-only", Err: "EROFS"},
			"TCP settings              no      the settings in /proc/sys cannot be written (EROFS); in a container, start it with --privileged\n",
		},
		{
			"ko",
			Finding{Name: "raw-sockets", Cause: "refused"},
			"raw 소켓                  아니요  시스템이 허락하지 않는다; sudo로 실행해 본다\n",
		},
	} {
		var b strings.Builder
		require.NoError(t, Doctor(&b, c.f, c.lang))
		require.Equal(t, c.text, b.String())
	}
}

func TestDoctorInJSON(t *testing.T) {
	var b strings.Builder
	require.NoError(t, DoctorJSON(&b, Finding{Name: "queue", OK: true, How: "nft_queue"}, "en"))
	require.NoError(t, DoctorJSON(&b, Finding{Name: "raw-sockets", Cause: "refused", Err: "EPERM <1>"}, "en"))
	require.Equal(t, `{"name":"queue","ok":true,"how":"nft_queue"}
{"name":"raw-sockets","ok":false,"cause":"refused","error":"EPERM <1>","remedy":"try sudo"}
`, b.String())
}
