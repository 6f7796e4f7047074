package tide

import (
	"context"
	"fmt"
)

type Reader interface{ Read(ctx context.Context, harbour string) (<-chan float64, error) }

func Max(ctx context.Context, r Reader, names ...string) (max float64, err error) {
	for i := range names {
		ch, err := r.Read(ctx, names[i])
		if err != nil {
			return 0, fmt.Errorf("reading %q: %w", names[i], err)
		}
		for v := range ch {
			if v > max { max = v }
		}
	}
	return
}
