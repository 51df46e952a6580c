/// What bytes mean in base64, of the standard alphabet or of that for URLs.
enum Base64Letters {
  /// A byte between letters that says nothing: of a line end, of an indentation, or in UTF-16.
  static let blank: UInt8 = 64

  /// By byte, the six bits that it stands for, `blank`, or more for what ends base64.
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
