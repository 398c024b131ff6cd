package tai64n

// These functions convert eight hexadecimal digits at once in one register,
// without a table or a branch. The first digit is the byte of the greatest weight.

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

// nibbleDigits returns the digits of eight bytes, each of which is below 16.
func nibbleDigits(x uint64) uint64 {
	letters := (x + 6*eachByte) >> 4 & eachByte // 1 where the nibble is 10 or more
	return x + '0'*eachByte + ('a'-'0'-10)*letters
}

// hexValue returns the number that eight digits spell. ok reports whether all of
// them are in 0-9 and a-f.
func hexValue(digits uint64) (v uint32, ok bool) {
	letters := digits >> 6 & eachByte
	x := (digits&eachNibble + 9*letters) & eachNibble
	ok = nibbleDigits(x) == digits // only valid digits survive the round trip
	x = (x | x>>4) & 0x00FF00FF00FF00FF
	x = (x | x>>8) & 0x0000FFFF0000FFFF
	return uint32(x | x>>16), ok
}
