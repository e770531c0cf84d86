/// A fast generator of random numbers for masking keys: seeded by the system, not for secrets.
struct Random {
    private var state: UInt64

    init() {
        self.state = UInt64.random(in: 1...UInt64.max)
    }

    init(seed: UInt64) {
        self.state = seed | 1
    }

    /// Gives the next number (xorshift64* of Vigna, "An experimental exploration of Marsaglia's xorshift generators").
    mutating func next() -> UInt64 {
        self.state ^= self.state >> 12
        self.state ^= self.state << 25
        self.state ^= self.state >> 27
        return self.state &* 0x2545_F491_4F6C_DD1D
    }
}
