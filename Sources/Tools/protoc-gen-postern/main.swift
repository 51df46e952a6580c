internal import CPluginMessages
internal import CProtobufC
internal import Glibc

// A protoc plugin: an encoded CodeGeneratorRequest on standard input, a CodeGeneratorResponse on
// standard output. SAFETY: what is unpacked and allocated here lives until the process ends.
// `--postern_opt=messages|services|client` selects the layer to generate; `lint` only checks names
// and comments.

let input = standardInput()
let request = unsafe input.withUnsafeBufferPointer { buffer in
  unsafe google__protobuf__compiler__code_generator_request__unpack(
    nil, buffer.count, buffer.baseAddress)
}
guard let request = unsafe request else {
  complain("standard input holds no CodeGeneratorRequest: run this program through protoc")
}
let (schema, wanted) = unsafe SchemaReader.read(request)
switch unsafe text(request.pointee.parameter) {
case "messages":
  answer(MessagesGenerator.files(wanted, schema))
case "services":
  answer(ServicesGenerator.files(wanted, schema))
case "client":
  answer(ClientGenerator.files(wanted, schema))
case "lint":
  let problems = ContractLint.problems(wanted)
  guard problems.isEmpty else { complain("\n" + problems.joined(separator: "\n")) }
  answer([])
case let other:
  complain("`\(other)` is not a layer: pass --postern_opt=messages, services, client or lint")
}

func standardInput() -> [UInt8] {
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(0, $0.baseAddress, $0.count) }
    guard count > 0 else { return bytes }
    bytes += chunk[..<count]
  }
}

/// Writes the response. The process ends right after, so its memory is not freed.
func answer(_ files: [(path: String, source: String)]) {
  var response = unsafe Google__Protobuf__Compiler__CodeGeneratorResponse()
  unsafe google__protobuf__compiler__code_generator_response__init(&response)
  let array = UnsafeMutablePointer<
    UnsafeMutablePointer<Google__Protobuf__Compiler__CodeGeneratorResponse__File>?
  >.allocate(capacity: files.count)
  for (index, file) in files.enumerated() {
    let entry = UnsafeMutablePointer<Google__Protobuf__Compiler__CodeGeneratorResponse__File>
      .allocate(capacity: 1)
    unsafe google__protobuf__compiler__code_generator_response__file__init(entry)
    unsafe entry.pointee.name = strdup(file.path)
    unsafe entry.pointee.content = strdup(file.source)
    unsafe array[index] = entry
  }
  unsafe response.n_file = files.count
  unsafe response.file = array
  let size = unsafe google__protobuf__compiler__code_generator_response__get_packed_size(&response)
  var bytes = [UInt8](repeating: 0, count: size)
  _ = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
    unsafe google__protobuf__compiler__code_generator_response__pack(&response, buffer.baseAddress)
  }
  var written = 0
  while written < size {
    let count = unsafe bytes.withUnsafeBytes { buffer in
      unsafe write(1, buffer.baseAddress?.advanced(by: written), size - written)
    }
    guard count > 0 else { complain("can't write to standard output") }
    written += count
  }
}

func complain(_ problem: String) -> Never {
  let line = "protoc-gen-postern: \(problem)\n"
  _ = unsafe line.utf8CString.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count - 1) }
  exit(1)
}
