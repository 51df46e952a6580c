internal import Messages
internal import RPC

/// Why a request isn't let through, as its client is told.
struct Denial: Error {
  /// Whether the request lacks a good token (401), or its token lacks the right (403).
  let isUnauthenticated: Bool
  /// The action; empty when the request came to none.
  private(set) var action = ""
  /// The relations that would allow it; empty when none would.
  private(set) var rule = ""
  let message: String

  /// There is no good token.
  static func unauthenticated(_ action: String, _ message: String) -> Denial {
    Denial(isUnauthenticated: true, action: action, message: message)
  }

  /// The caller is known and may not do it.
  static func forbidden(_ message: String, action: String = "", rule: String = "") -> Denial {
    Denial(isUnauthenticated: false, action: action, rule: rule, message: message)
  }

  /// The canonical code of the decision.
  var code: StatusCode { isUnauthenticated ? .unauthenticated : .permissionDenied }

  /// The status of the HTTP response.
  var httpStatus: EnvoyTypeV3.StatusCode { isUnauthenticated ? .unauthorized : .forbidden }

  /// The body of the HTTP response: an object of JSON.
  var body: String {
    var body = ""
    for (key, value) in [
      ("error", isUnauthenticated ? "unauthenticated" : "permission_denied"), ("action", action),
      ("rule", rule), ("message", message),
    ] {
      body += body.isEmpty ? "{" : ","
      body += "\"\(key)\":\(JSONText.quoted(value))"
    }
    return body + "}\n"
  }
}

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
