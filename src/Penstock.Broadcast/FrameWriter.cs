namespace Penstock.Broadcast;

/// <summary>Writes one message with its framing.</summary>
internal delegate void FrameWriter(SharedPayload target, ReadOnlySpan<byte> message);
