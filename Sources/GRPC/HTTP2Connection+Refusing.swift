internal import CNghttp2
internal import Messages
internal import RPC

// What happens to a request that is refused, or ended by its owner, before its end.
//
// HTTP/2 allows an answer at once, with a reset after it or without (RFC 9113, section 8.1). But
// widely used clients can't take it while they are still sending: after a reset they drop the
// answer, and without one they wait forever. So the answer is held until the peer has ended the
// request, whose rest is read and dropped. Only past a bound of bytes or of time is the request
// answered before its end, and reset.
extension HTTP2Connection {
  /// What one stream may send beyond a whole message, in bytes.
  private static let surplusBytes = 64 << 10

  /// Refuses a request; `answerRefusal` answers it at its end.
  func refuse(_ stream: CallStream, _ refusal: EarlyAnswer) {
    precondition(
      stream.phase == .message || stream.phase == .ready, "refused a request too early or too late")
    releaseMessage(of: stream)
    stream.phase = .refused
    stream.refusal = refusal
    heldAnswers += 1
  }

  /// Holds the answer to a settled stream whose peer has not ended its request.
  func hold(_ stream: CallStream, _ answer: EarlyAnswer) {
    stream.phase = .refused
    stream.refusal = answer
    begunCalls += 1
    heldAnswers += 1
    // With a closed window the peer could not reach the end of its request.
    credit(stream, upTo: stream.receivedByteCount)
  }

  /// Gives the answers that were already held when this ran last.
  func giveHeldAnswers() {
    for stream in streams where stream.phase == .refused {
      if stream.isOverdue { answerRefusal(of: stream) }
      stream.isOverdue = true
    }
  }

  /// Drops a DATA frame of a refused request. Its whole length counts, since padding takes
  /// bandwidth. One stream may send as much as a message may have, and all streams together as much
  /// as a connection may hold.
  func discard(_ count: Int, of stream: CallStream) {
    guard stream.phase == .refused else { return }
    stream.discardedByteCount += count
    discardedBytes += count
    if stream.discardedByteCount > limits.messageBytes + Self.surplusBytes
      || discardedBytes > heldBytesMaximum
    {
      answerRefusal(of: stream)
    }
  }

  func answerRefusal(of stream: CallStream) {
    guard let refusal = stream.refusal else { return }
    stream.refusal = nil
    settle(stream)
    switch refusal {
    case .httpStatus(let code): submit(stream, httpStatus: code)
    case .status(let status): close(stream, status)
    case .success: close(stream, nil)
    }
  }

  /// Answers with an HTTP status and a short text.
  private func submit(_ stream: CallStream, httpStatus code: Int) {
    failureFields.removeAll()
    failureFields.append(":status", number: code)
    if code == 405 { failureFields.append("allow", "POST") }
    failureFields.append("content-type", "text/plain")
    let text = code == 405 ? Self.methodText : Self.contentTypeText
    guard !stream.fields.isHead, reserve(text.utf8.count, on: stream) else {
      return submitFailureFields(of: stream)
    }
    stream.response.append(text)
    count(response: stream.response.capacity, of: stream)
    stream.isAnswering = true
    stream.isPlain = true
    stream.isEnding = true
    // SAFETY: libnghttp2 copies the fields during the call.
    unsafe failureFields.withFields { fields in
      unsafe submitResponse(to: stream.id, fields)
    }
  }

  private static let methodText = "this is a server of gRPC, whose only method is POST\n"
  private static let contentTypeText =
    "this is a server of gRPC, whose requests have the content-type application/grpc\n"
}
