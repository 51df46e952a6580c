/// The rules of one kind of identifier: the bytes allowed first, the bytes allowed after it, and
/// the maximum length.
///
/// A table has a set of classes for every byte, so that a check costs one load for each byte.
package struct Grammar: Sendable {
  let firstClass: UInt8
  let restClass: UInt8
  let maximumBytes: Int
  let firstCharacters: String
  let restCharacters: String

  /// Organizations, teams and resources.
  static let identifier = Grammar(
    firstClass: alphanumeric, restClass: alphanumeric | punctuation, maximumBytes: 128,
    firstCharacters: "A-Z a-z 0-9", restCharacters: "A-Z a-z 0-9 . _ -")
  /// Users: a mail address is valid.
  static let user = Grammar(
    firstClass: alphanumeric, restClass: alphanumeric | punctuation | mail, maximumBytes: 128,
    firstCharacters: "A-Z a-z 0-9", restCharacters: "A-Z a-z 0-9 . _ - @ +")
  /// Resource types.
  static let typeName = Grammar(
    firstClass: lowercase, restClass: lowercase | typeRest, maximumBytes: 64,
    firstCharacters: "a-z", restCharacters: "a-z 0-9 _")

  private static let alphanumeric: UInt8 = 1
  private static let punctuation: UInt8 = 2
  private static let mail: UInt8 = 4
  private static let lowercase: UInt8 = 8
  private static let typeRest: UInt8 = 16

  private static let classes = InlineArray<256, UInt8> { index in
    switch UInt8(index) {
    case UInt8(ascii: "a")...UInt8(ascii: "z"): alphanumeric | lowercase
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): alphanumeric
    case UInt8(ascii: "0")...UInt8(ascii: "9"): alphanumeric | typeRest
    case UInt8(ascii: "_"): punctuation | typeRest
    case UInt8(ascii: "."), UInt8(ascii: "-"): punctuation
    case UInt8(ascii: "@"), UInt8(ascii: "+"): mail
    default: 0
    }
  }

  /// Throws if the bytes break the rules.
  func check(_ bytes: Span<UInt8>, field: StaticString) throws(InvalidField) {
    guard !bytes.isEmpty else { throw InvalidField(field: field, problem: .empty) }
    guard bytes.count <= maximumBytes else {
      throw InvalidField(field: field, problem: .tooLong(maximumBytes: maximumBytes))
    }
    let classes = Self.classes.span
    guard classes[Int(bytes[0])] & firstClass != 0 else {
      throw InvalidField(field: field, problem: .firstCharacter(allowed: firstCharacters))
    }
    for index in 1..<bytes.count where classes[Int(bytes[index])] & restClass == 0 {
      throw InvalidField(
        field: field, problem: .character(offset: index, allowed: restCharacters))
    }
    guard !TokenLookalike.isIn(bytes, minimumDigits: 0) else {
      throw InvalidField(field: field, problem: .token)
    }
  }
}
