internal import Ledger
@testable internal import Services
internal import Testing
internal import Tokens

/// What uses of a kept answer are reported with.
@Suite struct UseReceiptTests {
  private static let key = PageKey()
  private static let receipt = UseReceipt(
    of: TokenID(unixMilliseconds: 1, random: (2, 3)), .denied, givenNanoseconds: 4_000_000_000)

  private static func read(
    _ bytes: [UInt8], of userID: UInt32 = 7, _ key: PageKey = key
  ) -> UseReceipt? {
    UseReceipt(bytes.span, of: userID, key)
  }

  private static var bytes: [UInt8] {
    let bytes = receipt.bytes(for: 7, key)
    return (0..<UseReceipt.byteCount).map { bytes[$0] }
  }

  @Test(arguments: [UseReceipt.Kind.active, .allowed, .denied])
  func saysWhatWasAnswered(_ kind: UseReceipt.Kind) throws {
    let id = TokenID(unixMilliseconds: 5, random: (.max, 1))
    let made = UseReceipt(of: id, kind, givenNanoseconds: -1).bytes(for: .max, Self.key)
    let bytes = (0..<UseReceipt.byteCount).map { made[$0] }
    let read = try #require(Self.read(bytes, of: .max))
    #expect(read.tokenID == id && read.kind == kind && read.givenNanoseconds == -1)
  }

  @Test(arguments: 0..<UseReceipt.byteCount) func everyByteCounts(_ index: Int) {
    for bit in 0..<8 {
      var bytes = Self.bytes
      bytes[index] ^= 1 << UInt8(bit)
      #expect(Self.read(bytes) == nil)
    }
  }

  @Test func isGoodForItsUserAndLedgerOnly() {
    let bytes = Self.bytes
    #expect(Self.read(bytes) != nil)
    #expect(Self.read(bytes, of: 8) == nil)
    #expect(Self.read(bytes, of: 7, PageKey()) == nil)
    for count in 0..<bytes.count { #expect(Self.read(Array(bytes.prefix(count))) == nil) }
    #expect(Self.read(bytes + [0]) == nil)
  }
}
