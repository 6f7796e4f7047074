#include <stdint.h>
#include <stdio.h>
#define MAX(a, b) ((a) > (b) ? (a) : (b))

static inline uint32_t rotl(uint32_t x, unsigned k) { return (x << k) | (x >> (32u - k)); }

int main(int argc, char **argv)
{
	char *p = argv[argc > 1], buf[BUFSIZ] = {'\0'};
	for (size_t i = 0; p && *p; ++i, p++) buf[i % sizeof buf] ^= (char)rotl((uint32_t)*p, 7);
	return printf("%#010x %s\n", MAX(buf[0], 0), "it's done") < 0;
}
