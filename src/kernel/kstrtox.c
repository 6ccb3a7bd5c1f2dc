// SPDX-License-Identifier: MIT
/*
 * kstrtox.c - numbers and flags from text, strictly: the whole text is one value.
 *
 * A newline may follow, as echo writes one; nothing else may stand before or behind. Two parsers do
 * the work, of signed and of unsigned numbers; the narrower types ask them and look whether the
 * value fits.
 */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <strings.h>
#include <kmem/string.h>

static bool at_end(const char *end)
{
	return *end == '\0' || (*end == '\n' && end[1] == '\0');
}

static bool is_digit_of(char c, unsigned int base)
{
	return base == 16 ? isxdigit((unsigned char)c) : isdigit((unsigned char)c);
}

int kstrtoull(const char *s, unsigned int base, unsigned long long *res)
{
	unsigned long long value;
	char *end;

	s += *s == '+';
	if (!is_digit_of(*s, base)) /* strtoull() would take blanks and a second sign */
		return -EINVAL;
	errno = 0;
	value = strtoull(s, &end, (int)base);
	if (!at_end(end))
		return -EINVAL;
	if (errno)
		return -ERANGE;
	*res = value;
	return 0;
}

int kstrtoll(const char *s, unsigned int base, long long *res)
{
	bool negative = *s == '-';
	unsigned long long value, most = LLONG_MAX + (unsigned long long)negative;
	int err;

	if (negative && s[1] == '+')
		return -EINVAL;
	err = kstrtoull(s + negative, base, &value);
	if (err)
		return err;
	if (value > most)
		return -ERANGE;
	*res = negative ? (long long)-value : (long long)value;
	return 0;
}

#define KSTRTO(name, type, wide, parse)                       \
	int name(const char *s, unsigned int base, type *res) \
	{                                                     \
		wide value;                                   \
		int err = parse(s, base, &value);             \
                                                              \
		if (err)                                      \
			return err;                           \
		if ((wide)(type)value != value)               \
			return -ERANGE;                       \
		*res = (type)value;                           \
		return 0;                                     \
	}

KSTRTO(kstrtol, long, long long, kstrtoll)
KSTRTO(kstrtoint, int, long long, kstrtoll)
KSTRTO(kstrtos16, s16, long long, kstrtoll)
KSTRTO(kstrtos8, s8, long long, kstrtoll)
KSTRTO(kstrtoul, unsigned long, unsigned long long, kstrtoull)
KSTRTO(kstrtouint, unsigned int, unsigned long long, kstrtoull)
KSTRTO(kstrtou16, u16, unsigned long long, kstrtoull)
KSTRTO(kstrtou8, u8, unsigned long long, kstrtoull)

int kstrtobool(const char *s, bool *res)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {
		{ "1", true },	 { "y", true },	   { "yes", true },  { "t", true },
		{ "on", true },	 { "true", true }, { "0", false },   { "n", false },
		{ "no", false }, { "f", false },   { "off", false }, { "false", false },
	};
	size_t len = strcspn(s, "\n");

	if (!at_end(s + len))
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strlen(words[i].word) == len && !strncasecmp(words[i].word, s, len)) {
			*res = words[i].value;
			return 0;
		}
	}
	return -EINVAL;
}

ssize_t strscpy(char *dst, const char *src, size_t size)
{
	size_t len = strnlen(src, size);

	if (!size)
		return -E2BIG;
	if (len == size) {
		memcpy(dst, src, size - 1);
		dst[size - 1] = '\0';
		return -E2BIG;
	}
	memcpy(dst, src, len + 1);
	return (ssize_t)len;
}

int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	int len = vsnprintf(buf, size, fmt, args);

	if (len < 0 || !size)
		return 0;
	return (size_t)len < size ? len : (int)size - 1;
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vscnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}
