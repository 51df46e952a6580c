/// The bodies of a load's requests, shared by its sessions: each a length-prefixed gRPC message.
final class RequestBodies {
  var ring: RequestRing
  let method: Method

  init(_ method: Method, secrets: SecretStore, order: [Int]) throws(BenchFailure) {
    self.method = method
    ring = try RequestRing(order) { frame, item in
      let payload = method.payload(secret: secrets[item])
      frame.append(0)
      frame.appendBigEndian(UInt32(payload.count))
      frame += payload
    }
  }
}
