/// Checks names and comments of `.proto` files: the rules that buf calls STANDARD and COMMENTS, as
/// far as protoc doesn't enforce them. It does not check the encoding.
struct ContractLint {
  private(set) var problems: [String] = []

  /// Names that another contract fixes, each with its reason.
  private static let exceptions: [String: String] = [:]

  /// The problems of the files, a line each; empty if there are none.
  static func problems(_ files: [Schema.File]) -> [String] {
    var lint = ContractLint()
    for file in files { lint.check(file) }
    lint.checkUse(of: files)
    return lint.problems
  }

  private mutating func report(if isWrong: Bool, _ element: String, _ problem: String) {
    if isWrong, Self.exceptions[element] == nil { problems.append("\(element): \(problem)") }
  }

  private mutating func check(_ file: Schema.File) {
    let folder = file.name.split(separator: "/").dropLast().joined(separator: "/")
    let base = file.name.split(separator: "/").last?.split(separator: ".").first ?? ""
    let words = file.package.split(separator: ".")
    report(if: words.isEmpty, file.name, "says no package")
    report(
      if: words.joined(separator: "/") != folder, file.name,
      "is not in the folder of its package `\(file.package)`")
    report(if: !isVersion(words.last ?? ""), file.name, "the package ends in no version")
    report(
      if: !words.allSatisfy { isLowerSnake(String($0)) }, file.name,
      "the package is not lower_snake_case")
    report(
      if: !isLowerSnake(String(base)), file.name, "the name of the file is not lower_snake_case")
    for message in file.messages { check(message) }
    for enumeration in file.enums { check(enumeration) }
    for service in file.services { check(service) }
  }

  private mutating func check(_ message: Schema.Message) {
    let name = String(message.fullName.dropFirst())
    // protoc generates the entries of a map.
    guard !message.isMapEntry else { return }
    comment(message.comment, name)
    report(if: !isPascal(message.path.last ?? ""), name, "is no UpperCamelCase")
    for field in message.fields {
      comment(field.comment, "\(name).\(field.name)")
      report(if: !isLowerSnake(field.name), "\(name).\(field.name)", "is not lower_snake_case")
    }
    for oneof in message.oneofs {
      comment(oneof.comment, "\(name).\(oneof.name)")
      report(if: !isLowerSnake(oneof.name), "\(name).\(oneof.name)", "is not lower_snake_case")
    }
    for nested in message.nested { check(nested) }
    for enumeration in message.enums { check(enumeration) }
  }

  private mutating func check(_ enumeration: Schema.Enumeration) {
    let name = String(enumeration.fullName.dropFirst())
    let last = enumeration.path.last ?? ""
    comment(enumeration.comment, name)
    report(if: !isPascal(last), name, "is no UpperCamelCase")
    let prefix = Names.screaming(last) + "_"
    for (index, value) in enumeration.values.enumerated() {
      let element = "\(name).\(value.name)"
      comment(value.comment, element)
      report(if: !isUpperSnake(value.name), element, "is no UPPER_SNAKE_CASE")
      report(if: !value.name.hasPrefix(prefix), element, "does not begin with `\(prefix)`")
      report(if: index == 0 && value.number != 0, element, "is the first value and not zero")
      report(
        if: value.number == 0 && value.name != prefix + "UNSPECIFIED", element,
        "is zero and not `\(prefix)UNSPECIFIED`")
    }
    let numbers = enumeration.values.map(\.number)
    report(if: Set(numbers).count != numbers.count, name, "gives a number twice")
  }

  private mutating func check(_ service: Schema.Service) {
    comment(service.comment, service.fullName)
    report(if: !isPascal(service.name), service.fullName, "is no UpperCamelCase")
    report(if: !service.name.hasSuffix("Service"), service.fullName, "does not end in `Service`")
    for method in service.methods {
      let element = "\(service.fullName).\(method.name)"
      comment(method.comment, element)
      report(if: !isPascal(method.name), element, "is no UpperCamelCase")
      for (type, suffix) in [(method.input, "Request"), (method.output, "Response")] {
        let wanted = [method.name + suffix, service.name + method.name + suffix]
        let found = type.split(separator: ".").last ?? ""
        report(
          if: !wanted.contains(String(found)), element,
          "takes or gives `\(found)`, not `\(method.name)\(suffix)`")
      }
    }
  }

  /// Checks that no message is the request or the response of two methods.
  private mutating func checkUse(of files: [Schema.File]) {
    var users: [String: [String]] = [:]
    for service in files.flatMap(\.services) {
      for method in service.methods {
        for type in [method.input, method.output] {
          users[type, default: []].append("\(service.fullName).\(method.name)")
        }
      }
    }
    for (type, methods) in users.sorted(by: { $0.key < $1.key }) where methods.count > 1 {
      report(
        if: true, String(type.dropFirst()),
        "is used by \(methods.sorted().joined(separator: " and "))")
    }
  }

  private mutating func comment(_ comment: String, _ element: String) {
    report(if: comment.allSatisfy(\.isWhitespace), element, "has no comment")
  }

  private func isVersion(_ word: Substring) -> Bool {
    guard word.first == "v" else { return false }
    let parts = word.dropFirst().split(whereSeparator: { !$0.isNumber })
    return word.dropFirst().first?.isNumber == true && !parts.isEmpty
  }

  private func isPascal(_ name: String) -> Bool {
    name.first?.isUppercase == true && name.allSatisfy { $0.isLetter || $0.isNumber }
  }

  private func isLowerSnake(_ name: String) -> Bool {
    isSnake(name) { $0.isLowercase || $0.isNumber }
  }

  private func isUpperSnake(_ name: String) -> Bool {
    isSnake(name) { $0.isUppercase || $0.isNumber }
  }

  private func isSnake(_ name: String, _ isInside: (Character) -> Bool) -> Bool {
    name.first?.isLetter == true && name.last != "_" && !name.contains("__")
      && name.allSatisfy { $0 == "_" || isInside($0) }
  }
}
