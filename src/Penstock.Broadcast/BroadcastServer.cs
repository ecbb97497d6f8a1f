using Penstock.Framing;

namespace Penstock.Broadcast;

/// <summary>A server in which whatever one client sends reaches every connected client, the sender included.</summary>
/// <remarks>The order of messages is that of a <see cref="Topic"/>: each sender's own, and one per loop.</remarks>
public static class BroadcastServer
{
    /// <summary>Starts a server on loops of its own, with one room for everybody.</summary>
    /// <param name="options">
    /// Where to listen and the limits. <see cref="ConnectionOptions.SlowConsumer"/> says what a client that does not
    /// keep up does to the others: with <see cref="SlowConsumerPolicy.Wait"/> everybody waits for it.
    /// </param>
    /// <param name="framing">What a message is.</param>
    public static TcpServer Start(ServerOptions options, BroadcastFraming framing)
    {
        ArgumentNullException.ThrowIfNull(options);
        var room = new Room(options.SlowConsumer);
        return TcpServer.Start(options, loop => Create(room.On(loop), framing));
    }

    /// <summary>The handler of one loop's clients.</summary>
    internal static ConnectionHandler Create(RoomOnLoop room, BroadcastFraming framing) => framing switch
    {
        BroadcastFraming.Raw => new RawBroadcastHandler(room),
        BroadcastFraming.Lines => new FramedBroadcastHandler<LineDecoder>(
            room, new LineDecoder(), WriteLine, isText: true),
        BroadcastFraming.UInt32LittleEndian => LengthPrefixed(room, LengthPrefixFormat.UInt32LittleEndian),
        BroadcastFraming.UInt64BigEndian => LengthPrefixed(room, LengthPrefixFormat.UInt64BigEndian),
        _ => throw new ArgumentOutOfRangeException(nameof(framing), framing, "There is no such framing."),
    };

    private static FramedBroadcastHandler<LengthPrefixDecoder> LengthPrefixed(
        RoomOnLoop room, LengthPrefixFormat format) =>
        new(
            room,
            new LengthPrefixDecoder(format),
            (target, message) => LengthPrefix.Write(target, message, format),
            isText: false);

    private static void WriteLine(SharedPayload target, ReadOnlySpan<byte> line)
    {
        Span<byte> room = target.GetSpan(line.Length + 1);
        line.CopyTo(room);
        room[line.Length] = (byte)'\n';
        target.Advance(line.Length + 1);
    }
}
