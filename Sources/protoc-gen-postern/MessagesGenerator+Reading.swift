extension MessagesGenerator {
  /// The property or functions of a view that read one field.
  mutating func writeReader(_ field: Schema.Field, _ message: Schema.Message) {
    let property = Names.property(field.name)
    let member = "pointer.pointee.\(Names.cField(field.name))"
    writer.line()
    if field.isRepeated {
      writer.line("/// The number of elements of `\(field.name)`.")
      let count = "pointer.pointee.n_\(field.name.lowercased())"
      writer.line("public var \(plain(property))Count: Int { unsafe \(count) }")
      writer.line()
      writer.comment(field.comment, orElse: "An element of `\(field.name)`.")
      if isBorrowed(field.kind) { writer.line("@_lifetime(copy self)") }
      writer.open("public func \(property)(at index: Int) -> \(elementType(field.kind))")
      writer.line(
        "precondition(index >= 0 && index < \(plain(property))Count, \"no such element\")")
      if isMessage(field.kind) {
        writer.open("guard let found = unsafe \(member)[index] else")
        writer.line("preconditionFailure(\"an element of `\(field.name)` is missing\")")
        writer.close()
      }
      writer.line(reading(field.kind, "\(member)[index]"))
      writer.close()
      return
    }
    writer.comment(field.comment, orElse: "The field `\(field.name)`.")
    let isOptional = field.oneof != nil || isMessage(field.kind)
    let type = elementType(field.kind) + (isOptional ? "?" : "")
    writer.open("public var \(property): \(type)")
    writer.open((isBorrowed(field.kind) ? "@_lifetime(copy self) " : "") + "get")
    if let oneof = field.oneof {
      let test = "pointer.pointee.\(message.oneofs[oneof].name)_case.rawValue == \(field.number)"
      writer.line("guard unsafe \(test) else { return nil }")
    }
    if isMessage(field.kind) {
      writer.line("guard let found = unsafe \(member) else { return nil }")
      writer.line(reading(field.kind, "found"))
    } else {
      writer.line(reading(field.kind, member))
    }
    writer.close()
    writer.close()
  }

  /// An enum with a case for each field of a oneof, so that a reader's `switch` is exhaustive.
  mutating func writeOneof(_ oneof: Schema.Oneof, _ index: Int, _ message: Schema.Message) {
    let name = Names.capitalizedProperty(oneof.name)
    let fields = message.fields.filter { $0.oneof == index }
    let isBorrowed = fields.contains { self.isBorrowed($0.kind) }
    writer.line()
    writer.comment(oneof.comment, orElse: "What `\(oneof.name)` may hold.")
    writer.open("public enum \(name)" + (isBorrowed ? ": ~Escapable" : ""))
    for field in fields {
      writer.comment(field.comment, orElse: "The field `\(field.name)`.")
      writer.line("case \(Names.property(field.name))(\(elementType(field.kind)))")
    }
    writer.close()
    writer.line()
    writer.line("/// The field of `\(oneof.name)` that is set; `nil` for none.")
    writer.open("public var \(Names.property(oneof.name))Value: \(name)?")
    writer.open((isBorrowed ? "@_lifetime(copy self) " : "") + "get")
    writer.line("switch unsafe pointer.pointee.\(oneof.name)_case.rawValue {")
    for field in fields {
      let property = Names.property(field.name)
      writer.line("case \(field.number):")
      writer.line("  guard let value = self.\(property) else { return nil }")
      writer.line("  return .\(property)(value)")
    }
    writer.line("default: return nil")
    writer.line("}")
    writer.close()
    writer.close()
  }

  /// The statement that makes a Swift value of a C member.
  private func reading(_ kind: Schema.Kind, _ member: String) -> String {
    switch kind {
    case .scalar: "return unsafe \(member)"
    case .bool: "return unsafe \(member) != 0"
    case .string: "return unsafe _overrideLifetime(stringBytes(\(member)), copying: self)"
    case .bytes: "return unsafe _overrideLifetime(dataBytes(\(member)), copying: self)"
    case .enumeration(let name):
      "return unsafe \(typeName(name))(rawValue: Int32(truncatingIfNeeded: \(member).rawValue))"
    case .message(let name):
      "return unsafe _overrideLifetime(\(typeName(name))(unsafeMessage: found), copying: self)"
    }
  }

  /// The Swift type of one element of a field.
  private func elementType(_ kind: Schema.Kind) -> String {
    switch kind {
    case .scalar(let swift): swift
    case .bool: "Bool"
    case .string, .bytes: "Span<UInt8>"
    case .enumeration(let name), .message(let name): typeName(name)
    }
  }

  private func isBorrowed(_ kind: Schema.Kind) -> Bool {
    switch kind {
    case .string, .bytes, .message: true
    case .scalar, .bool, .enumeration: false
    }
  }

  private func isMessage(_ kind: Schema.Kind) -> Bool {
    if case .message = kind { true } else { false }
  }

  /// A property's name as a part of a longer one.
  private func plain(_ property: String) -> String { property.replacing("`", with: "") }
}
