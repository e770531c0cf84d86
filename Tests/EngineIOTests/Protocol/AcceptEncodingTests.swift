/// Content negotiation: quality, order, wildcards, nonsense.
import Testing

@testable import EngineIO

@Suite struct AcceptEncodingTests {
    @Test(
        arguments: [
            ([], nil), ([""], nil), (["gzip"], .gzip), (["deflate"], .deflate), (["GZip"], .gzip),
            (["gzip, deflate"], .gzip), (["deflate, gzip"], .deflate), (["gzip, deflate, br, zstd"], .gzip),
            (["gzip", "deflate"], .gzip), (["deflate", "gzip"], .deflate),
            (["deflate, gzip;q=0.5"], .deflate), (["deflate;q=0.5, gzip"], .gzip),
            (["gzip;q=0.5, deflate;q=0.8"], .deflate),
            (["gzip;q=0.801, deflate;q=0.8"], .gzip), (["gzip;q=0.5, deflate;q=0.50"], .gzip),
            (["*"], .gzip), (["*;q=0.1"], .gzip), (["*;q=0"], nil), (["gzip;q=0"], nil), (["gzip;q=0.000"], nil),
            (["gzip;q=0, *"], .deflate), (["deflate;q=0, *"], .gzip), (["deflate, *"], .deflate),
            (["*, deflate"], .deflate),
            (["deflate;q=0.5, *;q=0.9"], .gzip), (["br"], nil), (["br, gzip;q=0.1"], .gzip), (["identity"], nil),
            (["identity, gzip;q=0.5"], .gzip), (["x-gzip"], nil), (["gzipped"], nil),
            (["gzip ; q=0.2 , deflate ;q=0.4"], .deflate), (["gzip;Q=0.2,deflate"], .deflate), (["\tgzip\t"], .gzip),
            (["gzip;level=9;q=0.5, deflate;q=0.6"], .deflate), (["gzip;q=1.000, deflate"], .gzip),
            (["gzip;q=1.001, deflate"], .deflate), (["gzip;q=2"], nil), (["gzip;q=-1"], nil), (["gzip;q="], nil),
            (["gzip;q=abc"], nil), (["gzip;q=0.1234"], nil), (["gzip;q=.5"], nil), (["gzip;q=1."], .gzip),
            ([",,,gzip,,"], .gzip), ([";"], nil), ([";q=1"], nil), (["; ,\t, ;;"], nil),
        ] as [([String], ContentCoding?)]
    )
    func `the client's favourite is chosen`(_ values: [String], _ expected: ContentCoding?) {
        #expect(AcceptEncoding.preferred(values) == expected)
    }
}
