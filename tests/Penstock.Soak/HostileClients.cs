using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Penstock.Soak;

/// <summary>
/// Clients of every bad kind. Each method is one conversation; those that end in order check every byte.
/// </summary>
internal sealed class HostileClients(EndPoint server, SoakAccount account, Random random)
{
    /// <summary>Many frames with the replies read behind them, then FIN, and every reply byte by byte.</summary>
    public Task HalfCloseAsync(CancellationToken stop) =>
        ConverseAsync(random.Next(1, 400_000), pieceBytes: 16 * 1024, default, default, stop);

    public Task WriteSlowlyAsync(CancellationToken stop) =>
        ConverseAsync(random.Next(1, 200), pieceBytes: 1, writePause: TimeSpan.FromMilliseconds(5), default, stop);

    public Task ReadSlowlyAsync(CancellationToken stop) =>
        ConverseAsync(
            random.Next(1, 4_000_000),
            pieceBytes: 64 * 1024,
            writePause: default,
            readPause: TimeSpan.FromMilliseconds(3),
            stop);

    /// <summary>Resets in the middle of everything.</summary>
    public async Task ResetAsync(CancellationToken stop)
    {
        using Socket socket = await ConnectAsync(stop).ConfigureAwait(false);
        await socket.SendAsync(Frames(random.Next(1, 100_000)), stop).ConfigureAwait(false);
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        account.CountMisbehaved();
    }

    /// <summary>Sends what is no frame, or one far too long, and waits to be thrown out.</summary>
    public async Task SendGarbageAsync(CancellationToken stop)
    {
        using Socket socket = await ConnectAsync(stop).ConfigureAwait(false);
        byte[] garbage = new byte[1_000];
        random.NextBytes(garbage);
        garbage.AsSpan(0, 4).Fill(0xFF);
        await socket.SendAsync(garbage, stop).ConfigureAwait(false);
        if (await socket.ReceiveAsync(new byte[1], stop).ConfigureAwait(false) != 0)
            account.Fail("garbage was answered");
        account.CountMisbehaved();
    }

    /// <summary>Connects many times at once, and leaves again without a word.</summary>
    public async Task StormAsync(CancellationToken stop)
    {
        Task[] visits = [.. Enumerable.Range(0, 40).Select(_ => VisitAsync(stop))];
        await Task.WhenAll(visits).ConfigureAwait(false);
        account.CountMisbehaved();
    }

    private async Task VisitAsync(CancellationToken stop)
    {
        using Socket socket = await ConnectAsync(stop).ConfigureAwait(false);
    }

    private async Task ConverseAsync(
        int bytes, int pieceBytes, TimeSpan writePause, TimeSpan readPause, CancellationToken stop)
    {
        using Socket socket = await ConnectAsync(stop).ConfigureAwait(false);
        byte[] script = Frames(bytes);
        Task writing = WriteAsync(socket, script, pieceBytes, writePause, stop);
        byte[] buffer = new byte[16 * 1024];
        int echoed = 0;
        while (true)
        {
            int count = await socket.ReceiveAsync(buffer, stop).ConfigureAwait(false);
            if (count == 0)
                break;
            if (echoed + count > script.Length || !buffer.AsSpan(0, count).SequenceEqual(script.AsSpan(echoed, count)))
                account.Fail($"other bytes came back than were sent, after {echoed}");
            echoed += count;
            if (readPause > TimeSpan.Zero)
                await Task.Delay(readPause, stop).ConfigureAwait(false);
        }

        await writing.ConfigureAwait(false);
        if (echoed != script.Length)
            account.Fail($"{echoed} of {script.Length} bytes came back");
        account.CountConversation(echoed);
    }

    private static async Task WriteAsync(
        Socket socket, byte[] script, int pieceBytes, TimeSpan pause, CancellationToken stop)
    {
        for (int at = 0; at < script.Length; at += pieceBytes)
        {
            Memory<byte> piece = script.AsMemory(at, Math.Min(pieceBytes, script.Length - at));
            await socket.SendAsync(piece, stop).ConfigureAwait(false);
            if (pause > TimeSpan.Zero)
                await Task.Delay(pause, stop).ConfigureAwait(false);
        }

        socket.Shutdown(SocketShutdown.Send);
    }

    private async Task<Socket> ConnectAsync(CancellationToken stop)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(server, stop).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private byte[] Frames(int bytes)
    {
        byte[] script = new byte[bytes + sizeof(uint)];
        random.NextBytes(script);
        for (int at = 0; at < script.Length;)
        {
            int left = script.Length - at - sizeof(uint);
            if (left < 0)
                return script[..at];
            int length = Math.Min(left, random.Next(0, 20_000));
            BinaryPrimitives.WriteInt32LittleEndian(script.AsSpan(at), length);
            at += sizeof(uint) + length;
        }

        return script;
    }
}
