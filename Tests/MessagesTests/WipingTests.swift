internal import Messages
internal import Testing

/// Bytes that have left a buffer are not in its storage: its next owner finds zeros.
@Suite struct WipingTests {
  private static func bytes(_ value: UInt8, _ count: Int) -> [UInt8] {
    [UInt8](repeating: value, count: count)
  }

  /// Whether anything but zeros is in the next `count` bytes of the storage.
  private static func isDirty(_ buffer: inout ByteBuffer, _ count: Int) -> Bool {
    unsafe buffer.append(maximum: count) { room, _ in unsafe room.contains { $0 != 0 } }
  }

  @Test func consumedBytesAreWiped() {
    var buffer = ByteBuffer()
    buffer.append(Self.bytes(0xaa, 600).span)
    buffer.consume(100)
    buffer.consume(500)
    #expect(buffer.capacity == 1024)
    #expect(!Self.isDirty(&buffer, 600))
  }

  @Test func removedBytesAreWiped() {
    var buffer = ByteBuffer()
    buffer.append(Self.bytes(0xaa, 600).span)
    buffer.removeAll()
    #expect(!Self.isDirty(&buffer, 600))
  }

  @Test func movedBytesLeaveNoCopy() {
    var buffer = ByteBuffer()
    buffer.append(Self.bytes(0xaa, 600).span)
    buffer.append(Self.bytes(0xbb, 300).span)
    buffer.consume(600)
    // Makes room by moving the rest to the front; where it was, and what was before, is looked at.
    #expect(!Self.isDirty(&buffer, 600))
    #expect(buffer.capacity == 1024)
    #expect(buffer.bytes.count == 300 && buffer.bytes[0] == 0xbb && buffer.bytes[299] == 0xbb)
  }
}
