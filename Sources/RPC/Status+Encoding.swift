package import Messages

extension Status {
  /// Appends this status as an encoded `google.rpc.Status`, with its reason and metadata as a
  /// `google.rpc.ErrorInfo` of the domain `postern`.
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
      var encoded = ByteBuffer()
      info.encode(into: &encoded)
      let detail = status.addDetails()
      detail.setTypeURL("type.googleapis.com/google.rpc.ErrorInfo")
      detail.setValue(encoded.bytes)
    }
    status.encode(into: &buffer)
  }
}
