/// What a client's codec has found in the bytes that arrived, about the call of that stream id.
package enum TTRPCClientEvent: Equatable, Sendable {
  /// The answer that ends a call, as `currentResponse` tells it; after messages a failure.
  case response(UInt32)
  /// A message of a stream, as `currentMessage` tells it.
  case data(UInt32)
  /// The end of a stream that went well.
  case end(UInt32)
}
