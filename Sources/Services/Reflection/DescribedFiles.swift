internal import Messages

/// The `.proto` files behind the daemon's services, found by their names and by what they declare.
///
/// Read from the compiled descriptors that are part of the program, when first asked for.
struct DescribedFiles: Sendable {
  static let shared = DescribedFiles(DescriptorSet.bytes)

  /// One `google.protobuf.FileDescriptorProto`.
  struct File: Sendable {
    let encoded: [UInt8]
    var name = ""
    var imports: [String] = []
  }

  private(set) var files: [File] = []
  private var fileOfName: [String: Int] = [:]
  private var fileOfSymbol: [String: Int] = [:]
  private var messages: Set<String> = []

  /// Reads an encoded `google.protobuf.FileDescriptorSet`.
  init(_ set: [UInt8]) {
    do throws(WireError) {
      try read(set)
    } catch {
      preconditionFailure("the embedded descriptors are damaged: \(error.reason)")
    }
  }

  private mutating func read(_ set: [UInt8]) throws(WireError) {
    var reader = WireReader(set.span)
    while let field = try reader.next() {
      if field.number == 1 { try add(Array(copying: field.bytes)) }
    }
  }

  /// The file of a name, such as `postern/v1/token.proto`.
  func file(named name: Span<UInt8>) -> Int? { fileOfName[String(copying: name)] }

  /// The file that declares a fully qualified name.
  func file(declaring symbol: Span<UInt8>) -> Int? { fileOfSymbol[String(copying: symbol)] }

  /// Whether the fully qualified name is that of a message.
  func isMessage(_ name: Span<UInt8>) -> Bool { messages.contains(String(copying: name)) }

  /// The file and all that it imports, directly or not, itself first.
  func closure(of file: Int) -> [Int] {
    var found = [file]
    var next = 0
    while next < found.count {
      for name in files[found[next]].imports {
        if let index = fileOfName[name], !found.contains(index) { found.append(index) }
      }
      next += 1
    }
    return found
  }
}

// How a file is read. The numbers are those of `google/protobuf/descriptor.proto`.
extension DescribedFiles {
  private mutating func add(_ encoded: [UInt8]) throws(WireError) {
    var file = File(encoded: encoded)
    var package = ""
    // What a file declares needs its package, which may come later.
    for isDeclaring in [false, true] {
      var reader = WireReader(encoded.span)
      while let field = try reader.next() {
        switch (field.number, isDeclaring) {
        case (1, false): file.name = String(copying: field.bytes)
        case (2, false): package = String(copying: field.bytes)
        case (3, false): file.imports.append(String(copying: field.bytes))
        case (4, true): try declareMessage(field.bytes, in: package)
        case (5, true): try declareEnum(field.bytes, in: package)
        case (6, true): try declareService(field.bytes, in: package)
        default: break
        }
      }
    }
    fileOfName[file.name] = files.count
    files.append(file)
  }

  /// A message with its fields, oneofs, and what is declared inside.
  private mutating func declareMessage(
    _ descriptor: Span<UInt8>, in scope: String
  ) throws(WireError) {
    let name = try declare(descriptor, in: scope)
    messages.insert(name)
    var reader = WireReader(descriptor)
    while let field = try reader.next() {
      switch field.number {
      case 2, 8: try declare(field.bytes, in: name)
      case 3: try declareMessage(field.bytes, in: name)
      case 4: try declareEnum(field.bytes, in: name)
      default: break
      }
    }
  }

  /// An enum with its values, which are its siblings, as in C, and not its members.
  private mutating func declareEnum(_ descriptor: Span<UInt8>, in scope: String) throws(WireError) {
    try declare(descriptor, in: scope)
    var reader = WireReader(descriptor)
    while let field = try reader.next() {
      if field.number == 2 { try declare(field.bytes, in: scope) }
    }
  }

  /// A service with its methods.
  private mutating func declareService(
    _ descriptor: Span<UInt8>, in scope: String
  ) throws(WireError) {
    let name = try declare(descriptor, in: scope)
    var reader = WireReader(descriptor)
    while let field = try reader.next() {
      if field.number == 2 { try declare(field.bytes, in: name) }
    }
  }

  /// Notes one declaration. All kinds have their name in field 1.
  @discardableResult
  private mutating func declare(
    _ descriptor: Span<UInt8>, in scope: String
  ) throws(WireError) -> String {
    let name = try Self.name(of: descriptor, in: scope)
    fileOfSymbol[name] = files.count
    return name
  }

  private static func name(
    of descriptor: Span<UInt8>, in scope: String
  ) throws(WireError) -> String {
    var reader = WireReader(descriptor)
    while let field = try reader.next() {
      guard field.number == 1 else { continue }
      let name = String(copying: field.bytes)
      return scope.isEmpty ? name : scope + "." + name
    }
    return scope
  }
}

extension DescriptorSet {
  /// The encoded `google.protobuf.FileDescriptorSet` of all files: the sets of single files, one
  /// after another.
  static var bytes: [UInt8] {
    files.flatMap { file in
      guard let bytes = Base64.bytes(ofTextForURLs: file.utf8Span.span) else {
        preconditionFailure("the embedded descriptors are damaged: a file is not base64")
      }
      return bytes
    }
  }
}
