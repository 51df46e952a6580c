internal import CNghttp2

/// Text in HPACK's Huffman code (RFC 7541, section 5.2).
enum HuffmanText {
  /// Takes the text out of a field that libnghttp2 has encoded.
  static func encoded(_ text: String) -> [UInt8] {
    var deflater: OpaquePointer?
    unsafe nghttp2_hd_deflate_new(&deflater, 0)
    defer { unsafe nghttp2_hd_deflate_del(deflater) }
    var name = Array("x".utf8)
    var value = Array(text.utf8)
    var block = [UInt8](repeating: 0, count: 512)
    let count = unsafe name.withUnsafeMutableBufferPointer { name in
      unsafe value.withUnsafeMutableBufferPointer { value in
        var field = unsafe nghttp2_nv(
          name: name.baseAddress, value: value.baseAddress, namelen: name.count,
          valuelen: value.count, flags: 0)
        return unsafe nghttp2_hd_deflate_hd(deflater, &block, block.count, &field, 1)
      }
    }
    // Before it stand what kind of field it is, the name, and the value's length.
    let start = (1..<max(2, count)).first { block[$0] == 0x80 | UInt8(count - $0 - 1) }
    guard let start else { preconditionFailure("libnghttp2 has not compressed a field") }
    return Array(block[(start + 1)..<count])
  }
}
