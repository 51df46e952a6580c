internal import CProtobufC

extension EncodableMessage where Self: ~Escapable {
  /// Appends the encoded message without the fields of these names and without fields that its type
  /// doesn't know: equal for two messages that say the same in all other fields.
  package func encode(without names: [String], into buffer: inout ByteBuffer) {
    // SAFETY: a message begins with its base, whose descriptor says how large the struct is. The
    // copy refers to what the message does, lives until the end of this function, and only the
    // members of the copy are changed, to what stands for an absent field: zero.
    let message = unsafe unsafeMessage.assumingMemoryBound(to: ProtobufCMessage.self)
    guard let descriptor = unsafe message.pointee.descriptor else {
      preconditionFailure("a message without a descriptor")
    }
    let size = unsafe descriptor.pointee.sizeof_message
    let copy = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    defer { unsafe copy.deallocate() }
    unsafe copy.copyMemory(from: unsafeMessage, byteCount: size)
    let selection = unsafe copy.assumingMemoryBound(to: ProtobufCMessage.self)
    unsafe selection.pointee.n_unknown_fields = 0
    for name in names {
      guard
        let field = unsafe protobuf_c_message_descriptor_get_field_by_name(descriptor, name)
      else { continue }
      unsafe precondition(field.pointee.label == PROTOBUF_C_LABEL_NONE, "not a plain field")
      let member = unsafe copy + Int(field.pointee.offset)
      switch unsafe field.pointee.type {
      case PROTOBUF_C_TYPE_STRING: unsafe member.storeBytes(of: 0, as: UInt.self)
      case PROTOBUF_C_TYPE_UINT64, PROTOBUF_C_TYPE_FIXED64:
        unsafe member.storeBytes(of: 0, as: UInt64.self)
      case PROTOBUF_C_TYPE_INT32: unsafe member.storeBytes(of: 0, as: Int32.self)
      default: preconditionFailure("no field of this type is left out anywhere")
      }
    }
    let length = unsafe protobuf_c_message_get_packed_size(selection)
    // SAFETY: the buffer has room for `length` bytes, which is what packing writes.
    unsafe buffer.append(maximum: length) { room, written in
      guard let start = room.baseAddress else { return }
      written = unsafe protobuf_c_message_pack(
        selection, start.assumingMemoryBound(to: UInt8.self))
    }
  }
}
