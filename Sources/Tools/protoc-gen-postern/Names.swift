/// Converts proto names to Swift names and to the C names that protoc-c generates.
enum Names {
  /// `user_id` becomes `userID`, `at_least_revision` becomes `atLeastRevision`.
  static func property(_ name: String) -> String {
    let words = name.split(separator: "_").map(String.init)
    let joined = words.enumerated().map { index, word in
      index == 0 ? word : capitalized(word)
    }.joined()
    return reserved.contains(joined) ? "`\(joined)`" : joined
  }

  /// `user_id` becomes `UserID`, for use after a verb.
  static func capitalizedProperty(_ name: String) -> String {
    name.split(separator: "_").map { capitalized(String($0)) }.joined()
  }

  /// `ValidateToken` becomes `validateToken`.
  static func method(_ name: String) -> String {
    let method = name.prefix(1).lowercased() + name.dropFirst()
    return reserved.contains(method) ? "`\(method)`" : method
  }

  /// `TOKEN_KIND_USER` of the enum `TokenKind` becomes `user`.
  static func enumValue(_ name: String, of enumeration: String) -> String {
    let prefix = screaming(enumeration) + "_"
    let rest = name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
    return property(rest.lowercased())
  }

  /// The namespace of a package: `postern.v1` becomes `PosternV1`.
  static func namespace(_ package: String) -> String {
    package.split(whereSeparator: { $0 == "." || $0 == "_" }).map { word in
      acronyms[String(word)] ?? capitalized(String(word))
    }.joined()
  }

  /// The Swift type of a message or enum.
  static func type(_ package: String, _ path: [String]) -> String {
    ([namespace(package)] + path.map(typeName)).joined(separator: ".")
  }

  /// The name of a type in its declaration; it avoids Swift's own names.
  static func typeName(_ name: String) -> String {
    ["Any", "Protocol", "Type", "Self"].contains(name) ? name + "Message" : name
  }

  /// The C struct of a message, as protoc-c names it.
  static func cType(_ package: String, _ path: [String]) -> String {
    (package.split(separator: ".").map(String.init) + path).map(camel).joined(separator: "__")
  }

  /// The prefix of a message's C functions.
  static func cFunction(_ package: String, _ path: [String]) -> String {
    (package.split(separator: ".").map(String.init) + path).map(lower).joined(separator: "__")
  }

  /// The C member of a field.
  static func cField(_ name: String) -> String {
    let member = name.lowercased()
    return cKeywords.contains(member) ? "field_" + member : member
  }

  /// The C enum that says which field of a oneof is set.
  static func cCase(_ message: Schema.Message, _ oneof: String) -> String {
    cType(message.package, message.path) + "__" + camel(oneof) + "Case"
  }

  private static func capitalized(_ word: String) -> String {
    switch word {
    case "id": "ID"
    case "ids": "IDs"
    case "url": "URL"
    default: word.prefix(1).uppercased() + word.dropFirst()
    }
  }

  private static func camel(_ name: String) -> String {
    name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }

  private static func lower(_ name: String) -> String {
    var result = ""
    var wasUpper = true
    for character in name {
      if character.isUppercase, !wasUpper { result += "_" }
      result += character.lowercased()
      wasUpper = character.isUppercase
    }
    return result
  }

  /// `TokenKind` becomes `TOKEN_KIND`.
  static func screaming(_ name: String) -> String { lower(name).uppercased() }

  private static let acronyms = ["grpc": "GRPC", "rpc": "RPC", "ttrpc": "TTRPC"]
  private static let reserved: Set = [
    "as", "case", "default", "extension", "for", "in", "internal", "is", "operator", "protocol",
    "public", "repeat", "return", "self", "switch", "where", "init", "import", "func",
  ]
  private static let cKeywords: Set = [
    "auto", "bool", "break", "case", "char", "class", "const", "continue", "default", "delete",
    "do",
    "double", "else", "enum", "explicit", "extern", "false", "float", "for", "friend", "goto", "if",
    "inline", "int", "long", "mutable", "namespace", "new", "operator", "private", "protected",
    "public", "register", "return", "short", "signed", "sizeof", "static", "struct", "switch",
    "template", "this", "throw", "true", "try", "typedef", "typeid", "typename", "union",
    "unsigned",
    "using", "virtual", "void", "volatile", "while",
  ]
}
