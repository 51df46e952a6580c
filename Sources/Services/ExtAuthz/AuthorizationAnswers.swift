internal import Messages
internal import RPC

extension EnvoyServiceAuthV3.OkHttpResponse.Builder {
  /// Sets a header of the request in place of whatever the client sent; takes it out if the value
  /// is empty.
  func setRequestHeader(_ name: String, _ value: Span<UInt8>) {
    guard !value.isEmpty else {
      addHeadersToRemove(name)
      return
    }
    addHeaders().set(name, value)
  }
}

extension EnvoyConfigCoreV3.HeaderValueOption.Builder {
  /// Sets a header in place of those that are there.
  func set(_ name: String, _ value: Span<UInt8>) {
    setAppendAction(.overwriteIfExistsOrAdd)
    makeHeader().set(name, value)
  }
}

extension EnvoyConfigCoreV3.HeaderValue.Builder {
  fileprivate func set(_ name: String, _ value: Span<UInt8>) {
    setKey(name)
    setValue(value)
  }
}

extension GoogleRPC.Status.Builder {
  /// Sets the code and its sentence.
  func set(_ denial: Denial) {
    setCode(Int32(denial.code.rawValue))
    setMessage(denial.message)
  }
}

extension EnvoyServiceAuthV3.DeniedHttpResponse.Builder {
  /// Sets the status, the headers and the body.
  func set(_ denial: Denial) {
    makeStatus().setCode(denial.httpStatus)
    addHeaders().set("content-type", "application/json".utf8Span.span)
    if denial.isUnauthenticated {
      addHeaders().set("www-authenticate", "Bearer".utf8Span.span)
    }
    setBody(denial.body)
  }
}
