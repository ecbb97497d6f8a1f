using System.Buffers;

namespace Penstock.Framing;

/// <summary>
/// A handler of whole frames: cuts them out of the byte stream with a decoder, and closes a connection whose bytes are
/// not the protocol's or whose frame is too long.
/// </summary>
/// <typeparam name="TDecoder">A mutable struct; every connection has one of its own.</typeparam>
public abstract class FrameHandler<TDecoder> : ConnectionHandler
    where TDecoder : struct, IFrameDecoder
{
    private readonly TDecoder _prototype;
    private TDecoder[] _decoders = [];

    /// <summary>Uses the decoder that its parameterless constructor makes.</summary>
    protected FrameHandler()
        : this(new TDecoder())
    {
    }

    /// <summary>Gives every connection a copy of <paramref name="decoder"/>.</summary>
    protected FrameHandler(TDecoder decoder) => _prototype = decoder;

    /// <summary>A whole frame arrived.</summary>
    /// <param name="connection">The connection that it came on.</param>
    /// <param name="frame">The payload without its framing; the engine's memory, valid during the call only.</param>
    protected abstract void OnFrame(Connection connection, ReadOnlySpan<byte> frame);

    /// <summary>
    /// Hands over every whole frame, in order, as long as the connection wants input: one that stops for a slow reader
    /// or closes in the middle leaves the rest for later.
    /// </summary>
    public sealed override int OnReceived(Connection connection, ReadOnlySpan<byte> data)
    {
        ref TDecoder decoder = ref _decoders[connection.Key.Index];
        int maxFrameBytes = connection.MaxMessageBytes;
        int offset = 0;
        do
        {
            OperationStatus status = decoder.Decode(
                data[offset..], maxFrameBytes, out ReadOnlySpan<byte> frame, out int consumed);
            if (status != OperationStatus.Done)
            {
                Stop(connection, status);
                break;
            }

            offset += consumed;
            OnFrame(connection, frame);
        }
        while (offset < data.Length && connection.WantsInput);

        return offset;
    }

    internal sealed override void Prepare(Connection connection)
    {
        int slot = connection.Key.Index;
        if (slot >= _decoders.Length)
            Array.Resize(ref _decoders, Math.Max(slot + 1, _decoders.Length * 2));
        _decoders[slot] = _prototype;
        _decoders[slot].Reset();
    }

    private static void Stop(Connection connection, OperationStatus status)
    {
        if (status == OperationStatus.DestinationTooSmall)
            connection.Close(CloseReason.MessageTooLarge);
        else if (status == OperationStatus.InvalidData)
            connection.Close(CloseReason.ProtocolError);
    }
}
