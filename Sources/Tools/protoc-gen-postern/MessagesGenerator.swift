/// Generates the Swift side of messages: for each a view that reads a protobuf-c struct in place,
/// and a builder that writes one into an arena. `MessageView` and `MessageBuilder` have what all
/// messages share; the generated code has what is specific to each.
struct MessagesGenerator {
  let schema: Schema
  /// `public` for messages of clients, `package` for those of the daemon and its tests.
  let access: String
  var writer = SourceWriter()

  /// One file for each `.proto`, and one with a namespace for each package.
  static func files(_ wanted: [Schema.File], _ schema: Schema) -> [(path: String, source: String)] {
    let filled = wanted.filter {
      (!$0.messages.isEmpty || !$0.enums.isEmpty) && Schema.twins[$0.package] == nil
    }
    return [("Namespaces.swift", namespaces(filled))]
      + filled.map { file in
        var generator = MessagesGenerator(schema: schema, access: access(file.package))
        generator.writeFile(file)
        return (path(file), generator.writer.text)
      }
  }

  /// The packages of the contract: `postern.v1` and the well-known types that it uses.
  private static let contract: Set = ["postern.v1", "google.protobuf"]

  private static func access(_ package: String) -> String {
    contract.contains(package) ? "public" : "package"
  }

  /// File names in a module must differ, so the folders become part of the name.
  private static func path(_ file: Schema.File) -> String {
    file.name.replacing("/", with: "_").replacing(".proto", with: ".swift")
  }

  private static func namespaces(_ files: [Schema.File]) -> String {
    var writer = SourceWriter()
    writer.line(generatedHeader)
    for package in Set(files.map(\.package)).sorted() {
      writer.line()
      writer.line("/// The messages of the package `\(package)`.")
      writer.line("\(access(package)) enum \(Names.namespace(package)) {}")
    }
    return writer.text
  }

  private mutating func writeFile(_ file: Schema.File) {
    writer.line(generatedHeader)
    writer.line("// Source: \(file.name)")
    if !file.messages.isEmpty {
      writer.line(
        "// SAFETY: pointers are to structs of their message's type, in the arena of the view or "
          + "builder.")
      writer.line()
      writer.line("internal import CMessages")
    }
    writer.line()
    writer.open("extension \(Names.namespace(file.package))")
    for enumeration in file.enums { writeEnumeration(enumeration) }
    for message in file.messages { writeMessage(message) }
    writer.close()
  }

  private mutating func writeEnumeration(_ enumeration: Schema.Enumeration) {
    let name = Names.typeName(enumeration.path.last ?? "")
    writer.gap()
    writer.comment(enumeration.comment, orElse: "The enum `\(name)`.")
    writer.open("\(access) struct \(name): MessageEnum")
    writer.line("\(access) let rawValue: Int32")
    writer.block("\(access) init(rawValue: Int32)", "self.rawValue = rawValue")
    for value in enumeration.values {
      writer.line()
      writer.comment(value.comment, orElse: "The value `\(value.name)`.")
      let property = Names.enumValue(value.name, of: enumeration.path.last ?? "")
      writer.line("\(access) static let \(property) = \(name)(rawValue: \(value.number))")
    }
    writer.line()
    writer.open("\(access) var name: String?")
    writer.line("switch rawValue {")
    var seen: Set<Int32> = []
    for value in enumeration.values where seen.insert(value.number).inserted {
      writer.line("case \(value.number): \"\(value.name)\"")
    }
    writer.line("default: nil")
    writer.line("}")
    writer.close()
    writer.close()
  }

  private mutating func writeMessage(_ message: Schema.Message) {
    let name = Names.typeName(message.path.last ?? "")
    let cType = Names.cType(message.package, message.path)
    writer.gap()
    writer.comment(message.comment, orElse: "The message `\(name)`.")
    writer.open("@safe \(access) struct \(name): MessageView, ~Escapable")
    writer.line("private let pointer: UnsafePointer<\(cType)>")
    writer.block(
      "@unsafe @_lifetime(immortal) \(access) init(unsafeMessage: UnsafeRawPointer)",
      "unsafe pointer = unsafeMessage.assumingMemoryBound(to: \(cType).self)")
    writer.block(
      "@unsafe \(access) var unsafeMessage: UnsafeRawPointer",
      "unsafe UnsafeRawPointer(pointer)")
    let start = Names.cFunction(message.package, message.path) + "__init"
    writer.line("@unsafe \(access) nonisolated(unsafe) static let descriptor =")
    writer.line("  unsafe messageDescriptor(\(start))")
    for field in message.fields { writeReader(field, message) }
    for (index, oneof) in message.oneofs.enumerated() { writeOneof(oneof, at: index, of: message) }
    writeBuilder(message)
    for enumeration in message.enums { writeEnumeration(enumeration) }
    for nested in message.nested { writeMessage(nested) }
    writer.close()
  }

  /// The Swift type of a message or enum that a field names.
  func typeName(_ reference: String) -> String {
    if let message = schema.messages[reference] {
      return Names.type(message.package, message.path)
    }
    if let enumeration = schema.enums[reference] {
      return Names.type(enumeration.package, enumeration.path)
    }
    return reference
  }
}
