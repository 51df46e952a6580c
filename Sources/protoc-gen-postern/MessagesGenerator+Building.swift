extension MessagesGenerator {
  /// The builder of a message: a setter for each field.
  mutating func writeBuilder(_ message: Schema.Message) {
    let name = Names.type(message.package, message.path)
    let cType = Names.cType(message.package, message.path)
    writer.line()
    writer.line("/// Writes the message into an arena.")
    writer.line("@safe")
    writer.open("public struct Builder: MessageBuilder, ~Escapable")
    writer.line("private let pointer: UnsafeMutablePointer<\(cType)>")
    writer.line("private let arena: ArenaPointer")
    writer.line()
    writer.line("/// Starts an empty message in `arena`.")
    writer.line("@_lifetime(borrow arena)")
    writer.open("public init(in arena: borrowing Arena)")
    writer.line("let builder = unsafe Builder(arena.pointer)")
    writer.line("self = unsafe _overrideLifetime(builder, borrowing: arena)")
    writer.close()
    writer.line()
    writer.line("@unsafe @_lifetime(immortal)")
    writer.open("init(_ arena: ArenaPointer)")
    writer.line("let place = unsafe arena.allocate(MemoryLayout<\(cType)>.size)")
    writer.line("unsafe pointer = place.bindMemory(to: \(cType).self, capacity: 1)")
    writer.line("unsafe \(Names.cFunction(message.package, message.path))__init(pointer)")
    writer.line("unsafe self.arena = arena")
    writer.close()
    writer.line()
    writer.line("/// The address of the protobuf-c struct.")
    writer.line(
      "@unsafe public var unsafeMessage: UnsafeRawPointer { unsafe UnsafeRawPointer(pointer) }")
    writer.line()
    writer.line("/// The message as written so far.")
    writer.open("public var view: \(name)")
    writer.open("@_lifetime(copy self) get")
    writer.line("unsafe _overrideLifetime(\(name)(unsafeMessage: unsafeMessage), copying: self)")
    writer.close()
    writer.close()
    for field in message.fields { writeSetter(field, message) }
    writer.close()
  }

  private mutating func writeSetter(_ field: Schema.Field, _ message: Schema.Message) {
    let verb = (field.isRepeated ? "add" : "set") + Names.capitalizedProperty(field.name)
    let fallback = (field.isRepeated ? "Adds an element to" : "Sets") + " `\(field.name)`."
    switch field.kind {
    case .message(let reference):
      writer.line()
      let start = (field.isRepeated ? "add" : "make") + Names.capitalizedProperty(field.name)
      writer.comment(field.comment, orElse: fallback)
      writer.line("@_lifetime(copy self)")
      writer.line("@discardableResult")
      let type = typeName(reference)
      writer.open("public func \(start)() -> \(type).Builder")
      writer.line("let builder = unsafe \(type).Builder(arena)")
      let address = "UnsafeMutableRawPointer(mutating: builder.unsafeMessage)"
      writeStore(
        field, message, "unsafe \(address).assumingMemoryBound(to: \(cMessage(reference)).self)")
      writer.line("return unsafe _overrideLifetime(builder, copying: self)")
      writer.close()
    case .string, .bytes:
      let copy = if case .string = field.kind { "copyString" } else { "copyBytes" }
      writer.line()
      writer.comment(field.comment, orElse: fallback)
      writer.open("public func \(verb)(_ bytes: Span<UInt8>)")
      writeStore(field, message, "unsafe arena.\(copy)(bytes)")
      writer.close()
      if case .string = field.kind {
        writer.line()
        writer.comment(field.comment, orElse: fallback)
        writer.line("public func \(verb)(_ text: String) { \(verb)(text.utf8Span.span) }")
      }
    case .scalar(let swift):
      writePlainSetter(field, message, verb, swift, "value", fallback)
    case .bool:
      writePlainSetter(field, message, verb, "Bool", "value ? 1 : 0", fallback)
    case .enumeration(let reference):
      let value = "unsafe \(cEnum(reference))(rawValue: UInt32(bitPattern: value.rawValue))"
      writePlainSetter(field, message, verb, typeName(reference), value, fallback)
    }
  }

  private mutating func writePlainSetter(
    _ field: Schema.Field, _ message: Schema.Message, _ verb: String, _ type: String,
    _ value: String, _ fallback: String
  ) {
    writer.line()
    writer.comment(field.comment, orElse: fallback)
    writer.open("public func \(verb)(_ value: \(type))")
    writeStore(field, message, value)
    writer.close()
  }

  /// Stores `value` in the C member, behind the elements of a repeated one.
  private mutating func writeStore(
    _ field: Schema.Field, _ message: Schema.Message, _ value: String
  ) {
    let member = "pointer.pointee.\(Names.cField(field.name))"
    if field.isRepeated {
      let count = "pointer.pointee.n_\(field.name.lowercased())"
      writer.line("let array = unsafe arena.grow(\(member), count: \(count))")
      writer.line("unsafe array[\(count)] = \(value.replacing("unsafe ", with: ""))")
      writer.line("unsafe \(member) = array")
      writer.line("unsafe \(count) += 1")
    } else {
      writer.line("unsafe \(member) = \(value.replacing("unsafe ", with: ""))")
    }
    if let oneof = field.oneof {
      let name = message.oneofs[oneof].name
      writer.line("unsafe pointer.pointee.\(name)_case = .init(rawValue: \(field.number))")
    }
  }

  private func cMessage(_ reference: String) -> String {
    guard let message = schema.messages[reference] else { return reference }
    return Names.cType(message.package, message.path)
  }
}
