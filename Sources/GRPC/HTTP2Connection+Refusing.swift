internal import CNghttp2
internal import Messages
internal import RPC

// What becomes of a request that is refused, or ended by its owner, before its end.
//
// HTTP/2 allows an answer at once, with a reset after it or without (RFC 9113, section 8.1), and
// clients in wide use can't take it while they are still sending: after a reset they drop what they
// have been told, and without one they wait for ever. So the answer is held until the peer has
// ended the request, whose rest is read and dropped. Only past a bound, of bytes or of time, is it
// answered before its end, and reset.
extension HTTP2Connection {
  /// What one stream may send besides a whole message, in bytes.
  private static let surplusBytes = 64 << 10

  /// Gives a request up; `answerRefusal` follows at its end.
  func refuse(_ stream: CallStream, _ refusal: EarlyAnswer) {
    precondition(
      stream.phase == .message || stream.phase == .ready, "refused a request too early or too late")
    releaseMessage(of: stream)
    stream.phase = .refused
    stream.refusal = refusal
    heldAnswers += 1
  }

  /// Keeps the answer to a settled stream whose peer has not ended it.
  func hold(_ stream: CallStream, _ answer: EarlyAnswer) {
    stream.phase = .refused
    stream.refusal = answer
    begunCalls += 1
    heldAnswers += 1
    // With a closed window the peer could not come to its end.
    credit(stream, upTo: stream.receivedByteCount)
  }

  /// Gives the answers that were held when this was called last.
  func giveHeldAnswers() {
    for stream in streams where stream.phase == .refused {
      if stream.isOverdue { answerRefusal(of: stream) }
      stream.isOverdue = true
    }
  }

  /// Drops a DATA frame of a refused request. Its whole length counts: padding is bandwidth too.
  /// Worth reading is as much as a message may have, and together with the other streams as much
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

  /// Answers as HTTP does, with a few words for people.
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
