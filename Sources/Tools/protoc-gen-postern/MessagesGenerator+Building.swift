extension MessagesGenerator {
  /// The builder of a message: a setter for each field.
  mutating func writeBuilder(_ message: Schema.Message) {
    let cType = Names.cType(message.package, message.path)
    let start = Names.cFunction(message.package, message.path) + "__init"
    writer.line()
    writer.open("@safe \(access) struct Builder: MessageBuilder, ~Escapable")
    writer.line("@unsafe \(access) let unsafePlace: MessagePlace")
    writer.line(
      "private var pointer: UnsafeMutablePointer<\(cType)> { unsafe unsafePlace.pointer() }")
    writer.block(
      "@unsafe @_lifetime(immortal) \(access) init(unsafeArena: ArenaPointer)",
      "unsafe unsafePlace = MessagePlace(unsafeArena, \(start))")
    let name = Names.typeName(message.path.last ?? "")
    // A `oneof` may have the message's name.
    let isHidden = message.oneofs.contains { Names.capitalizedProperty($0.name) == name }
    writer.block(
      "\(access) var view: "
        + (isHidden ? Names.type(message.package, message.path) : name),
      "@_lifetime(copy self) get { unsafe unsafeView() }")
    if !message.fields.isEmpty { writer.line() }
    for field in message.fields { writeSetter(field, message) }
    writer.close()
  }

  private mutating func writeSetter(_ field: Schema.Field, _ message: Schema.Message) {
    let verb = (field.isRepeated ? "add" : "set") + Names.capitalizedProperty(field.name)
    var statements: [String] = []
    if let oneof = field.oneof {
      let name = message.oneofs[oneof].name
      statements.append("unsafe pointer.pointee.\(name)_case = .init(rawValue: \(field.number))")
    }
    let member = "pointer.pointee.\(Names.cField(field.name))"
    let count = "pointer.pointee.n_\(field.name.lowercased())"
    func store(_ value: String) -> [String] {
      statements + [
        field.isRepeated
          ? "unsafe unsafeArena.append(\(value), to: &\(member), &\(count))"
          : "unsafe \(member) = \(value)"
      ]
    }
    switch field.kind {
    case .message(let reference):
      let start = (field.isRepeated ? "add" : "make") + Names.capitalizedProperty(field.name)
      let making =
        field.isRepeated ? "unsafeAppend(to: &\(member), &\(count))" : "unsafeStart(&\(member))"
      writer.block(
        "@discardableResult @_lifetime(copy self) \(access) func \(start)() -> "
          + "\(typeName(reference)).Builder",
        statements + [(statements.isEmpty ? "" : "return ") + "unsafe " + making])
    case .string:
      writer.block(
        "\(access) func \(verb)(_ text: some MessageText & ~Escapable)",
        store("unsafeArena.copyString(text.utf8Bytes)"))
    case .bytes:
      writer.block(
        "\(access) func \(verb)(_ bytes: Span<UInt8>)", store("unsafeArena.copyBytes(bytes)"))
    case .scalar(let swift):
      writer.block("\(access) func \(verb)(_ value: \(swift))", store("value"))
    case .bool:
      writer.block("\(access) func \(verb)(_ value: Bool)", store("value ? 1 : 0"))
    case .enumeration(let reference):
      writer.block(
        "\(access) func \(verb)(_ value: \(typeName(reference)))",
        store(".init(rawValue: value.number)"))
    }
  }
}
