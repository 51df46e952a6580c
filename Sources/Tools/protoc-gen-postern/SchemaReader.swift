internal import CPluginMessages
internal import CProtobufC

/// Copies descriptors out of the protobuf-c structs of a `CodeGeneratorRequest`.
///
/// SAFETY: every pointer read here belongs to the unpacked request, which outlives the reader.
@safe
struct SchemaReader {
  private var schema = Schema()

  /// Reads every file of the request. `wanted` are the files to generate code for, in protoc's
  /// order.
  static func read(
    _ request: UnsafePointer<Google__Protobuf__Compiler__CodeGeneratorRequest>
  ) -> (schema: Schema, wanted: [Schema.File]) {
    var reader = SchemaReader()
    for index in 0..<(unsafe request.pointee.n_proto_file) {
      guard let file = unsafe request.pointee.proto_file[index] else { continue }
      unsafe reader.add(file)
    }
    if let name = reader.schema.unifyTwins() { complain("`\(name)` differs from its twin") }
    var wanted: [Schema.File] = []
    for index in 0..<(unsafe request.pointee.n_file_to_generate) {
      let name = unsafe text(request.pointee.file_to_generate[index])
      wanted += reader.schema.files.filter { $0.name == name }
    }
    return (reader.schema, wanted)
  }

  private mutating func add(_ file: UnsafePointer<Google__Protobuf__FileDescriptorProto>) {
    let comments = unsafe Comments(file.pointee.source_code_info)
    let package = unsafe text(file.pointee.package)
    var result = unsafe Schema.File(
      name: text(file.pointee.name), package: package, messages: [], enums: [], services: [])
    for index in 0..<(unsafe file.pointee.n_message_type) {
      guard let message = unsafe file.pointee.message_type[index] else { continue }
      result.messages.append(
        unsafe self.message(
          message, in: package, within: [], comments: comments, path: [4, Int32(index)]))
    }
    for index in 0..<(unsafe file.pointee.n_enum_type) {
      guard let declaration = unsafe file.pointee.enum_type[index] else { continue }
      result.enums.append(
        unsafe enumeration(
          declaration, in: package, within: [], comments: comments, path: [5, Int32(index)]))
    }
    for index in 0..<(unsafe file.pointee.n_service) {
      guard let service = unsafe file.pointee.service[index] else { continue }
      result.services.append(
        unsafe self.service(
          service, in: package, comments: comments, path: [6, Int32(index)]))
    }
    schema.files.append(result)
  }

  private mutating func message(
    _ message: UnsafePointer<Google__Protobuf__DescriptorProto>, in package: String,
    within outer: [String], comments: Comments, path: [Int32]
  ) -> Schema.Message {
    let names = unsafe outer + [text(message.pointee.name)]
    var result = Schema.Message(
      fullName: "." + ([package] + names).joined(separator: "."), package: package, path: names,
      comment: comments.at(path), fields: [], oneofs: [], nested: [], enums: [])
    result.isMapEntry = unsafe message.pointee.options?.pointee.map_entry == 1
    for index in 0..<(unsafe message.pointee.n_field) {
      guard let field = unsafe message.pointee.field[index] else { continue }
      result.fields.append(unsafe self.field(field, comments.at(path + [2, Int32(index)])))
    }
    for index in 0..<(unsafe message.pointee.n_oneof_decl) {
      guard let oneof = unsafe message.pointee.oneof_decl[index] else { continue }
      result.oneofs.append(
        unsafe .init(
          name: text(oneof.pointee.name), comment: comments.at(path + [8, Int32(index)])))
    }
    for index in 0..<(unsafe message.pointee.n_nested_type) {
      guard let nested = unsafe message.pointee.nested_type[index] else { continue }
      result.nested.append(
        unsafe self.message(
          nested, in: package, within: names, comments: comments, path: path + [3, Int32(index)]))
    }
    for index in 0..<(unsafe message.pointee.n_enum_type) {
      guard let declaration = unsafe message.pointee.enum_type[index] else { continue }
      result.enums.append(
        unsafe enumeration(
          declaration, in: package, within: names, comments: comments,
          path: path + [4, Int32(index)]))
    }
    schema.messages[result.fullName] = result
    return result
  }

  private func field(
    _ field: UnsafePointer<Google__Protobuf__FieldDescriptorProto>, _ comment: String
  ) -> Schema.Field {
    let type = unsafe field.pointee.type.rawValue
    let typeName = unsafe text(field.pointee.type_name)
    let kind: Schema.Kind =
      switch type {
      case 1: .scalar(swift: "Double")
      case 2: .scalar(swift: "Float")
      case 3, 16, 18: .scalar(swift: "Int64")
      case 4, 6: .scalar(swift: "UInt64")
      case 5, 15, 17: .scalar(swift: "Int32")
      case 7, 13: .scalar(swift: "UInt32")
      case 8: .bool
      case 9: .string
      case 12: .bytes
      case 14: .enumeration(typeName)
      default: .message(typeName)
      }
    return unsafe Schema.Field(
      name: text(field.pointee.name), number: Int(field.pointee.number), kind: kind,
      isRepeated: field.pointee.label.rawValue == 3,
      oneof: field.pointee.has_oneof_index != 0 ? Int(field.pointee.oneof_index) : nil,
      comment: comment)
  }

  private mutating func enumeration(
    _ declaration: UnsafePointer<Google__Protobuf__EnumDescriptorProto>, in package: String,
    within outer: [String], comments: Comments, path: [Int32]
  ) -> Schema.Enumeration {
    let names = unsafe outer + [text(declaration.pointee.name)]
    var result = Schema.Enumeration(
      fullName: "." + ([package] + names).joined(separator: "."), package: package, path: names,
      comment: comments.at(path), values: [])
    for index in 0..<(unsafe declaration.pointee.n_value) {
      guard let value = unsafe declaration.pointee.value[index] else { continue }
      result.values.append(
        unsafe (
          text(value.pointee.name), value.pointee.number, comments.at(path + [2, Int32(index)])
        ))
    }
    schema.enums[result.fullName] = result
    return result
  }

  private func service(
    _ service: UnsafePointer<Google__Protobuf__ServiceDescriptorProto>, in package: String,
    comments: Comments, path: [Int32]
  ) -> Schema.Service {
    let name = unsafe text(service.pointee.name)
    var result = Schema.Service(
      fullName: package + "." + name, name: name, package: package, comment: comments.at(path),
      methods: [])
    for index in 0..<(unsafe service.pointee.n_method) {
      guard let method = unsafe service.pointee.method[index] else { continue }
      // `idempotency_level = NO_SIDE_EFFECTS` (1) makes a method a query.
      let level = unsafe method.pointee.options?.pointee.idempotency_level.rawValue ?? 0
      result.methods.append(
        unsafe Schema.Method(
          name: text(method.pointee.name), input: text(method.pointee.input_type),
          output: text(method.pointee.output_type), isQuery: level == 1,
          clientStreams: method.pointee.client_streaming != 0,
          serverStreams: method.pointee.server_streaming != 0,
          comment: comments.at(path + [2, Int32(index)]),
          isBackground: isSet(.background, method.pointee.options),
          readsPolicyFile: isSet(.readsPolicyFile, method.pointee.options),
          isOpenToAll: isSet(.openToAll, method.pointee.options),
          isInSteps: isSet(.inSteps, method.pointee.options)))
    }
    return result
  }

  /// Whether a method has one of the contract's own options. protobuf-c keeps these as unknown
  /// fields; a `bool` is a varint of one byte.
  private func isSet(
    _ option: MethodOption, _ options: UnsafePointer<Google__Protobuf__MethodOptions>?
  ) -> Bool {
    guard let base = unsafe options?.pointee.base else { return false }
    for index in 0..<Int(unsafe base.n_unknown_fields) {
      let field = unsafe base.unknown_fields[index]
      guard unsafe field.tag == option.rawValue, unsafe field.len > 0 else { continue }
      return unsafe field.data[0] != 0
    }
    return false
  }
}

/// The options of `postern/v1/options.proto`, by field number.
private enum MethodOption: UInt32 {
  case background = 76786
  case readsPolicyFile = 76787
  case openToAll = 76788
  case inSteps = 76789
}

/// The comments of one file, by the path of the element that they precede.
struct Comments {
  private var texts: [[Int32]: String] = [:]

  init(_ info: UnsafePointer<Google__Protobuf__SourceCodeInfo>?) {
    guard let info = unsafe info else { return }
    for index in 0..<(unsafe info.pointee.n_location) {
      guard let location = unsafe info.pointee.location[index] else { continue }
      guard let comment = unsafe location.pointee.leading_comments else { continue }
      let path = unsafe UnsafeBufferPointer(
        start: location.pointee.path, count: location.pointee.n_path)
      texts[unsafe Array(path)] = unsafe text(comment)
    }
  }

  func at(_ path: [Int32]) -> String { texts[path] ?? "" }
}

/// A Swift copy of a C string; empty for NULL.
func text(_ string: UnsafePointer<CChar>?) -> String {
  guard let string = unsafe string else { return "" }
  return unsafe String(cString: string)
}
