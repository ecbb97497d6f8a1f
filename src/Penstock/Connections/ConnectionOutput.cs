using System.Diagnostics;
using System.Runtime.CompilerServices;
using Penstock.Buffers;
using Penstock.Drivers;

namespace Penstock.Connections;

/// <summary>
/// What is on its way to the peer: the bytes that are staged, and whether a send of them is outstanding. A mutable
/// struct that lives in its connection and is never copied.
/// </summary>
internal struct ConnectionOutput(ConnectionLoop loop)
{
    private const int MaxSegmentsPerSend = 64;

    /// <summary>Bytes staged, those of an outstanding send included.</summary>
    public SendQueue Staged = new(loop.Blocks);

    /// <summary>True exactly while a send is outstanding: the driver reads the front of <see cref="Staged"/>.</summary>
    public bool IsSending { get; private set; }

    /// <summary>Bytes at the front that the outstanding send covers.</summary>
    public int BusyBytes { get; private set; }

    /// <summary>Hands everything staged to the driver, which will complete with how much of it was taken.</summary>
    [SkipLocalsInit]
    public void Send(SlotKey key, ConnectionLimits limits)
    {
        Debug.Assert(!IsSending && !Staged.IsEmpty, "one send at a time, and never an empty one");
        Span<SendSegment> segments = stackalloc SendSegment[MaxSegmentsPerSend];
        int count = Staged.FillSegments(segments);
        if (limits.SlowConsumer == SlowConsumerPolicy.DropOldest)
            count = CountWithin(segments[..count], limits.SendHighMark / 2);
        BusyBytes = SendSegment.TotalLength(segments[..count]);
        IsSending = true;
        loop.Statistics.Sends++;
        new ConnectionDeadlines(loop, key.Index).EnsureSend(limits.WriteStall);
        loop.Driver.Send(key, segments[..count]);
    }

    /// <summary>
    /// Segments from the front up to so many bytes, and at least one. What an outstanding send covers cannot be dropped:
    /// if it were everything, each newcomer would be the oldest that can.
    /// </summary>
    private static int CountWithin(ReadOnlySpan<SendSegment> segments, int bytes)
    {
        int count = 1;
        for (int covered = segments[0].Length; count < segments.Length && covered < bytes; count++)
            covered += segments[count].Length;
        return count;
    }

    /// <summary>The outstanding send ended, with so many bytes taken.</summary>
    public void Sent(SlotKey key, int count)
    {
        IsSending = false;
        BusyBytes = 0;
        if (count <= 0)
            return;
        Staged.Consume(count);
        loop.Statistics.SentBytes += count;
        new ConnectionDeadlines(loop, key.Index).CancelSend();
    }

    /// <summary>The socket is closed: nothing reads the bytes any more.</summary>
    public void Clear()
    {
        IsSending = false;
        Staged.Clear();
    }
}
