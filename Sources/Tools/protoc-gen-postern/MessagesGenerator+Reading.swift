extension MessagesGenerator {
  /// The property or functions of a view that read one field. Only they carry the field's comment.
  mutating func writeReader(_ field: Schema.Field, _ message: Schema.Message) {
    let property = Names.property(field.name)
    let member = "pointer.pointee.\(Names.cField(field.name))"
    writer.line()
    if field.isRepeated {
      let count = "pointer.pointee.n_\(field.name.lowercased())"
      writer.comment(field.comment, orElse: "An element of `\(field.name)`.")
      writer.block(
        (isBorrowed(field.kind) ? "@_lifetime(copy self) " : "")
          + "\(access) func \(property)(at index: Int) -> \(elementType(field.kind))",
        reading(field.kind, "element(index, of: \(member), count: \(count))", isElement: true))
      writer.block("\(access) var \(plain(property))Count: Int", "unsafe \(count)")
      return
    }
    writer.comment(field.comment, orElse: "The field `\(field.name)`.")
    let isOptional = field.oneof != nil || isMessage(field.kind)
    let type = elementType(field.kind) + (isOptional ? "?" : "")
    var value = reading(field.kind, member)
    if let oneof = field.oneof {
      let test = "pointer.pointee.\(message.oneofs[oneof].name)_case.rawValue == \(field.number)"
      value = "unsafe \(test) ? \(value.replacing("unsafe ", with: "")) : nil"
    }
    if isBorrowed(field.kind) { value = "@_lifetime(copy self) get { \(value) }" }
    writer.block("\(access) var \(property): \(type)", value)
  }

  /// An enum with a case for each field of a oneof, so that a reader's `switch` is exhaustive.
  mutating func writeOneof(_ oneof: Schema.Oneof, at index: Int, of message: Schema.Message) {
    let name = Names.capitalizedProperty(oneof.name)
    let fields = message.fields.filter { $0.oneof == index }
    let isBorrowed = fields.contains { self.isBorrowed($0.kind) }
    writer.line()
    writer.comment(oneof.comment, orElse: "What `\(oneof.name)` may hold.")
    writer.open("\(access) enum \(name)" + (isBorrowed ? ": ~Escapable" : ""))
    for field in fields {
      writer.line("case \(Names.property(field.name))(\(elementType(field.kind)))")
    }
    if message.package == Self.logPackage { writeSubjects(fields) }
    writer.close()
    writer.line()
    writer.line("/// The field of `\(oneof.name)` that is set; `nil` for none.")
    writer.open("\(access) var \(Names.property(oneof.name))Value: \(name)?")
    writer.open((isBorrowed ? "@_lifetime(copy self) " : "") + "get")
    writer.line("switch unsafe pointer.pointee.\(oneof.name)_case.rawValue {")
    for field in fields {
      let property = Names.property(field.name)
      writer.line(
        "case \(field.number): if let value = self.\(property) { .\(property)(value) } else { nil }"
      )
    }
    writer.line("default: nil")
    writer.line("}")
    writer.close()
    writer.close()
  }

  /// Code that reads the log's changes needs their objects without a switch over the kinds. So for
  /// each id or type of an object that several changes have, a property reads it from any of them.
  private static let logPackage = "postern.storage.v1"

  private mutating func writeSubjects(_ cases: [Schema.Field]) {
    var owners: [String: [(change: Schema.Field, isOptional: Bool)]] = [:]
    for change in cases {
      guard case .message(let reference) = change.kind else { continue }
      for field in schema.messages[reference]?.fields ?? [] where isSubject(field) {
        owners[field.name, default: []].append((change, field.oneof != nil))
      }
    }
    for (name, having) in owners.sorted(by: { $0.key < $1.key }) where having.count > 1 {
      let property = Names.property(name)
      writer.line()
      writer.line("/// The `\(name)` of the change; empty where it has none.")
      writer.open("\(access) var \(property): Span<UInt8>")
      writer.open("@_lifetime(copy self) get")
      writer.line("let empty = unsafe _overrideLifetime(Span<UInt8>(), copying: self)")
      writer.line("return switch self {")
      for (change, isOptional) in having {
        let value = "change.\(property)"
        writer.line(
          "case .\(Names.property(change.name))(let change): "
            + (isOptional ? "if let id = \(value) { id } else { empty }" : value))
      }
      writer.line("default: empty")
      writer.line("}")
      writer.close()
      writer.close()
    }
  }

  /// Whether a field's name says that it identifies the object of a change.
  private func isSubject(_ field: Schema.Field) -> Bool {
    switch field.kind {
    case .string, .bytes:
      !field.isRepeated && ["_id", "_ids", "_type"].contains { field.name.hasSuffix($0) }
    default: false
    }
  }

  /// The expression that converts a C member to a Swift value.
  private func reading(
    _ kind: Schema.Kind, _ member: String, isElement: Bool = false
  ) -> String {
    switch kind {
    case .scalar: "unsafe \(member)"
    case .bool: "unsafe \(member) != 0"
    case .string: "unsafe unsafeString(\(member))"
    case .bytes: "unsafe unsafeBytes(\(member))"
    case .enumeration: "unsafe .init(number: \(member).rawValue)"
    case .message: "unsafe \(isElement ? "unsafeElement" : "unsafeView")(\(member))"
    }
  }

  /// The Swift type of one element of a field.
  func elementType(_ kind: Schema.Kind) -> String {
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
