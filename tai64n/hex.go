package tai64n

// Eight hexadecimal digits at a time, in one register: the first digit is the
// byte of the greatest weight. Neither function has a table or a branch.

const (
	eachByte   = 0x0101010101010101
	eachNibble = 0x0F * eachByte
)

// hexDigits returns the eight lower-case digits of v.
func hexDigits(v uint32) uint64 {
	x := uint64(v)
	x = (x | x<<16) & 0x0000FFFF0000FFFF
	x = (x | x<<8) & 0x00FF00FF00FF00FF
	x = (x | x<<4) & eachNibble
	return nibbleDigits(x)
}

// nibbleDigits returns the digits of eight bytes below 16.
func nibbleDigits(x uint64) uint64 {
	letters := (x + 6*eachByte) >> 4 & eachByte // 1 where the nibble is 10 or more
	return x + '0'*eachByte + ('a'-'0'-10)*letters
}

// hexValue returns the number that eight digits stand for. Digits other than 0-9
// and a-f make ok false.
func hexValue(digits uint64) (v uint32, ok bool) {
	letters := digits >> 6 & eachByte
	x := (digits&eachNibble + 9*letters) & eachNibble
	ok = nibbleDigits(x) == digits // no other text has these digits' value
	x = (x | x>>4) & 0x00FF00FF00FF00FF
	x = (x | x>>8) & 0x0000FFFF0000FFFF
	return uint32(x | x>>16), ok
}
