internal import Messages
internal import TestSupport
internal import Testing

struct WireReaderTests {
  private struct Read: Equatable {
    var number: UInt32
    var type: WireType
    var integer: UInt64 = 0
    var bytes: [UInt8] = []
  }

  private func readAll(_ bytes: [UInt8]) throws(WireError) -> [Read] {
    var reader = WireReader(bytes.span)
    var fields: [Read] = []
    while let field = try reader.next() {
      fields.append(
        Read(
          number: field.number, type: field.type, integer: field.integer,
          bytes: array(field.bytes)))
    }
    guard reader.offset == bytes.count else {
      Issue.record("stopped at \(reader.offset)")
      return []
    }
    return fields
  }

  @Test func readsEveryWireType() throws {
    let bytes: [UInt8] =
      [0x08, 0xac, 0x02] + [0x11, 1, 2, 3, 4, 5, 6, 7, 8] + [0x1a, 2, 9, 8]
      + [0x25, 0xff, 0, 0, 0x80] + [0xa2, 0x06, 0x80, 0x01] + Array(repeating: 7, count: 128)
      + [0x12, 0]
    let fields = try readAll(bytes)
    #expect(
      fields == [
        Read(number: 1, type: .varint, integer: 300),
        Read(number: 2, type: .fixed64, integer: 0x0807_0605_0403_0201),
        Read(number: 3, type: .bytes, bytes: [9, 8]),
        Read(number: 4, type: .fixed32, integer: 0x8000_00ff),
        Read(number: 100, type: .bytes, bytes: Array(repeating: 7, count: 128)),
        Read(number: 2, type: .bytes),
      ])
  }

  @Test(arguments: [0, 1, 127, 128, 16_383, 16_384, 1 << 32, 1 << 63, UInt64.max])
  func readsEveryLengthOfVarint(value: UInt64) throws {
    let fields = try readAll([0x08] + Frame.varint(value))
    #expect(fields == [Read(number: 1, type: .varint, integer: value)])
  }

  @Test func readsTheGreatestFieldNumber() throws {
    let fields = try readAll(Frame.varint(UInt64((1 << 29) - 1) << 3) + [1])
    #expect(fields == [Read(number: (1 << 29) - 1, type: .varint, integer: 1)])
  }

  @Test(
    arguments: [
      ([0x80], .truncated), ([0x08], .truncated), ([0x08, 0x80], .truncated),
      ([0x0a], .truncated), ([0x0a, 1], .truncated), ([0x0a, 0x80], .truncated),
      ([0x09, 1, 2, 3, 4, 5, 6, 7], .truncated), ([0x0d, 1, 2, 3], .truncated),
      ([0x0a] + Frame.varint(1 << 63), .truncated), ([0x0a] + Frame.varint(.max), .truncated),
      ([0x08] + Array(repeating: 0xff, count: 9) + [2], .varint),
      ([0x08] + Array(repeating: 0x80, count: 10) + [0], .varint),
      ([0x00, 0], .fieldNumber), ([0x07], .fieldNumber), (Frame.varint(1 << 32), .fieldNumber),
      ([0x0b], .wireType), ([0x0c], .wireType), ([0x0e], .wireType), ([0x0f], .wireType),
    ] as [([UInt8], WireError)])
  func refuses(bytes: [UInt8], error: WireError) {
    #expect(throws: error) { _ = try readAll(bytes) }
  }

  @Test func garbageNeverTraps() {
    var random = SplitMix64(seed: 7)
    var accepted = 0
    for _ in 0..<20_000 {
      let count = Int.random(in: 0...12, using: &random)
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      if (try? readAll(bytes)) != nil { accepted += 1 }
    }
    #expect(accepted > 0)
  }
}
