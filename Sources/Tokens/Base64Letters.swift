/// The meaning of bytes in base64, with the standard or the URL alphabet.
enum Base64Letters {
  /// A byte between letters that is skipped: from a line end, an indentation, or UTF-16.
  static let blank: UInt8 = 64

  /// For each byte its six bits, or `blank`, or a larger number if the byte ends the base64.
  static let values: [UInt8] = {
    var values = [UInt8](repeating: 65, count: 256)
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for (value, letter) in letters.utf8.enumerated() { values[Int(letter)] = UInt8(value) }
    values[Int(UInt8(ascii: "-"))] = 62
    values[Int(UInt8(ascii: "_"))] = 63
    for space in "\r\n\t \0".utf8 { values[Int(space)] = blank }
    return values
  }()
}
