internal import Ledger
internal import Messages
internal import RPC

// Open to every process that can connect: the contract is public. It serves v1alpha as well, whose
// messages equal those of v1.
extension PosternServices {
  func serverReflectionInfo(
    _ requests: GRPCReflectionV1.ServerReflectionRequest.Type, for call: Call,
    from snapshot: borrowing Snapshot
  ) throws(Status) -> any StreamingCall { ServerReflectionInfo(self) }
}

/// Answers one question after another.
private final class ServerReflectionInfo: StreamingCall {
  private typealias Response = GRPCReflectionV1.ServerReflectionResponse

  let permit = StreamPermit.open
  private let services: PosternServices
  private let files = DescribedFiles.shared
  private var request: WipedBytes?
  private var hasEnded = false
  private var isDraining = false
  /// The files that the peer has been sent.
  private var sent: Set<Int> = []

  init(_ services: PosternServices) { self.services = services }

  // A peer that goes on asking must not keep the daemon from ending.
  var takesMessages: Bool { request == nil && !isDraining }

  func receive(_ message: Span<UInt8>, _ arena: borrowing Arena) throws(Status) {
    request = WipedBytes(copying: message)
  }

  func requestsEnded() throws(Status) { hasEnded = true }

  func drain() { isDraining = true }

  func next(
    from snapshot: borrowing Snapshot, nowNanoseconds: Int64, in arena: borrowing Arena,
    into output: inout ByteBuffer
  ) throws(Status) -> StreamStep {
    guard let encoded = request else {
      if hasEnded { return .finished }
      if isDraining { throw .draining }
      return .wait(forLedger: false, atMostNanoseconds: nil)
    }
    request = nil
    let question: GRPCReflectionV1.ServerReflectionRequest =
      try services.decode(encoded.span, arena)
    let response = Response.Builder(in: arena)
    try answer(question, response)
    response.encode(into: &output)
    return .message
  }

  private func answer(
    _ question: GRPCReflectionV1.ServerReflectionRequest, _ response: Response.Builder
  ) throws(Status) {
    response.setValidHost(question.host)
    let original = response.makeOriginalRequest()
    original.setHost(question.host)
    switch question.messageRequestValue {
    case .fileByFilename(let name):
      original.setFileByFilename(name)
      send(files.file(named: name), "file", named: name, in: response)
    case .fileContainingSymbol(let symbol):
      original.setFileContainingSymbol(symbol)
      send(files.file(declaring: symbol), "symbol", named: symbol, in: response)
    case .fileContainingExtension(let wanted):
      let copy = original.makeFileContainingExtension()
      copy.setContainingType(wanted.containingType)
      copy.setExtensionNumber(wanted.extensionNumber)
      send(nil, "extension of", named: wanted.containingType, in: response)
    case .allExtensionNumbersOfType(let name):
      original.setAllExtensionNumbersOfType(name)
      guard files.isMessage(name) else { return noteMissing("message", named: name, in: response) }
      response.makeAllExtensionNumbersResponse().setBaseTypeName(name)
    case .listServices(let text):
      original.setListServices(text)
      let list = response.makeListServicesResponse()
      for service in Set(Method.allCases.map(\.descriptor.service)).sorted() {
        list.addService().setName(service)
      }
    case nil:
      throw Status(
        .invalidArgument, "the request asks for nothing", reason: "INVALID_FIELD",
        metadata: [("field", "message_request")])
    }
  }

  private func send(
    _ file: Int?, _ kind: StaticString, named name: Span<UInt8>, in response: Response.Builder
  ) {
    guard let file else { return noteMissing(kind, named: name, in: response) }
    let list = response.makeFileDescriptorResponse()
    // The file asked for comes again even if it has been sent.
    for index in files.closure(of: file) where sent.insert(index).inserted || index == file {
      let encoded = files.files[index].encoded
      list.addFileDescriptorProto(encoded.span)
    }
  }

  private func noteMissing(
    _ kind: StaticString, named name: Span<UInt8>, in response: Response.Builder
  ) {
    let error = response.makeErrorResponse()
    error.setErrorCode(Int32(StatusCode.notFound.rawValue))
    error.setErrorMessage("there is no \(kind) `\(String(copying: name))`")
  }
}
