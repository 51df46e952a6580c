internal import Fleet
internal import Testing

@Suite struct InstanceIDTests {
  @Test func isWrittenAsAUUIDAndReadBack() throws {
    let id = InstanceID(high: 0x0123_4567_89ab_cdef, low: 0x00ff_0000_0000_0001)
    #expect("\(id)" == "01234567-89ab-cdef-00ff-000000000001")
    #expect(InstanceID("\(id)") == id)
    for text in ["", "01234567-89ab-cdef-00ff-00000000000g", "0123456789abcdef00ff000000000001"] {
      #expect(InstanceID(text) == nil)
    }
  }

  @Test func keepsTheBytesOfAHash() {
    let bytes = (0..<32).map { UInt8($0 * 7) }
    #expect(LogHash(bytes)?.bytes == bytes)
    #expect(LogHash(bytes.dropLast()) == nil)
  }
}
