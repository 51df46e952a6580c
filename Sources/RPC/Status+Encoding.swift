package import Messages

extension Status {
  /// Appends this status as an encoded `google.rpc.Status`. Its details, if they have content, are
  /// `google.rpc.ErrorInfo` of the domain `postern` with the reason and the metadata,
  /// `google.rpc.BadRequest` with the invalid field, and `google.rpc.RetryInfo`.
  package func encode(into buffer: inout ByteBuffer) {
    let arena = Arena(initialBytes: 2 << 10)
    let status = GoogleRPC.Status.Builder(in: arena)
    status.setCode(Int32(code.rawValue))
    status.setMessage(message)
    if !reason.isEmpty {
      let info = GoogleRPC.ErrorInfo.Builder(in: arena)
      info.setReason(reason)
      info.setDomain("postern")
      for (key, value) in metadata {
        let entry = info.addMetadata()
        entry.setKey(key)
        entry.setValue(value)
      }
      add(info, "google.rpc.ErrorInfo", to: status)
    }
    if code == .invalidArgument, let field = metadata.first(where: { $0.key == "field" })?.value {
      let request = GoogleRPC.BadRequest.Builder(in: arena)
      let violation = request.addFieldViolations()
      violation.setField(field)
      violation.setDescription(message)
      add(request, "google.rpc.BadRequest", to: status)
    }
    if let milliseconds = retryDelayMilliseconds {
      let retry = GoogleRPC.RetryInfo.Builder(in: arena)
      let delay = retry.makeRetryDelay()
      delay.setSeconds(Int64(milliseconds / 1000))
      delay.setNanos(Int32(milliseconds % 1000) * 1_000_000)
      add(retry, "google.rpc.RetryInfo", to: status)
    }
    status.encode(into: &buffer)
  }

  private func add<Detail: EncodableMessage & ~Escapable>(
    _ message: Detail, _ type: String, to status: GoogleRPC.Status.Builder
  ) {
    var encoded = ByteBuffer()
    message.encode(into: &encoded)
    let detail = status.addDetails()
    detail.setTypeURL("type.googleapis.com/" + type)
    detail.setValue(encoded.bytes)
  }
}
