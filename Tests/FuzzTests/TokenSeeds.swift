internal import Messages
internal import Tokens

/// Texts of tokens and ids, and the bytes to make some of.
enum TokenSeeds {
  static func all() -> [(String, [UInt8])] {
    var seeds: [(String, [UInt8])] = []
    for (name, byte) in [("zeros", 0), ("ones", 0xff), ("some", 0x5a)] as [(String, UInt8)] {
      let bytes = [UInt8](repeating: byte, count: TokenSecret.secretByteCount)
      guard let id = TokenID(bytes: bytes.span.extracting(first: TokenID.byteCount)) else {
        continue
      }
      let secret = TokenSecret(kind: .user, id: id, random: bytes.span)
      seeds.append(("token-\(name)", secret.withText { Array(copying: $0) }))
      seeds.append(("id-\(name)", Array(id.description.utf8)))
      let made = [byte & 1] + Array(repeating: byte, count: 36) + [byte, byte]
      seeds.append(("made-\(name)", made))
    }
    // One more than 16 bytes can hold, and the largest that 22 digits can say.
    seeds.append(("id-over", Array("7n42DGM5Tflk9n8mt7Fhc8".utf8)))
    seeds.append(("id-most", Array(repeating: UInt8(ascii: "z"), count: 22)))
    return seeds
  }
}
