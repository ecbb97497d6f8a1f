using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Penstock.Broadcast;
using Penstock.Framing;

namespace Penstock.Cli;

/// <summary>A client of a broadcast server for people: text in, text out.</summary>
internal sealed class BroadcastClient : IDisposable
{
    private const int MaxMessageBytes = 64 * 1024 * 1024;

    private readonly Socket _socket;

    private BroadcastClient(Socket socket) => _socket = socket;

    /// <summary>Connects, does the work, and turns what can go wrong into a line and an exit code.</summary>
    public static async Task<int> RunAsync(
        IPEndPoint server, Func<BroadcastClient, Task> work, CancellationToken cancellation)
    {
        try
        {
            var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            using var client = new BroadcastClient(socket);
            await socket.ConnectAsync(server, cancellation);
            await work(client);
            return ExitCode.Success;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Success;
        }
        catch (Exception exception) when (exception is SocketException or InvalidDataException)
        {
            await Console.Error.WriteLineAsync($"penstock: {server}: {exception.Message}");
            return ExitCode.Failure;
        }
    }

    /// <summary>Sends every line as a message, then waits until the server has taken all of them.</summary>
    public async Task SendLinesAsync(TextReader input, BroadcastFraming framing, CancellationToken cancellation)
    {
        Task discarded = DiscardAsync(cancellation);
        var encoded = new ArrayBufferWriter<byte>();
        while (await input.ReadLineAsync(cancellation) is { } line)
        {
            encoded.ResetWrittenCount();
            Encode(encoded, Encoding.UTF8.GetBytes(line), framing);
            await SendAllAsync(encoded.WrittenMemory, cancellation);
        }

        _socket.Shutdown(SocketShutdown.Send);
        await discarded;
    }

    /// <summary>Prints what arrives until the server ends the connection.</summary>
    public Task PrintAsync(TextWriter output, BroadcastFraming framing, CancellationToken cancellation) =>
        framing switch
        {
            BroadcastFraming.Raw => PrintRawAsync(output, cancellation),
            BroadcastFraming.Lines => PrintFramesAsync(output, new LineDecoder(), cancellation),
            _ => PrintFramesAsync(output, new LengthPrefixDecoder(PrefixOf(framing)), cancellation),
        };

    public void Dispose() => _socket.Dispose();

    private static void Encode(ArrayBufferWriter<byte> target, ReadOnlySpan<byte> message, BroadcastFraming framing)
    {
        if (framing is BroadcastFraming.UInt32LittleEndian or BroadcastFraming.UInt64BigEndian)
        {
            LengthPrefix.Write(target, message, PrefixOf(framing));
            return;
        }

        target.Write(message);
        target.Write("\n"u8);
    }

    private static LengthPrefixFormat PrefixOf(BroadcastFraming framing) =>
        framing == BroadcastFraming.UInt32LittleEndian
            ? LengthPrefixFormat.UInt32LittleEndian
            : LengthPrefixFormat.UInt64BigEndian;

    private async Task SendAllAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await _socket.SendAsync(bytes, cancellation)..];
    }

    /// <summary>A sender hears itself and everybody else; one that did not listen would be a slow consumer.</summary>
    private async Task DiscardAsync(CancellationToken cancellation)
    {
        byte[] buffer = new byte[64 * 1024];
        while (await _socket.ReceiveAsync(buffer, cancellation) > 0)
        {
        }
    }

    private async Task PrintRawAsync(TextWriter output, CancellationToken cancellation)
    {
        byte[] buffer = new byte[64 * 1024];
        Decoder utf8 = Encoding.UTF8.GetDecoder();
        char[] text = new char[Encoding.UTF8.GetMaxCharCount(buffer.Length)];
        for (int count; (count = await _socket.ReceiveAsync(buffer, cancellation)) > 0;)
        {
            int length = utf8.GetChars(buffer.AsSpan(0, count), text, flush: false);
            await output.WriteAsync(text.AsMemory(0, length), cancellation);
            await output.FlushAsync(cancellation);
        }
    }

    private async Task PrintFramesAsync<TDecoder>(TextWriter output, TDecoder decoder, CancellationToken cancellation)
        where TDecoder : struct, IFrameDecoder
    {
        byte[] buffer = new byte[64 * 1024];
        int length = 0;
        while (true)
        {
            if (length == buffer.Length)
                Array.Resize(ref buffer, length * 2);
            int count = await _socket.ReceiveAsync(buffer.AsMemory(length), cancellation);
            if (count == 0)
                return;
            length += count;
            int printed = PrintWhole(output, ref decoder, buffer.AsSpan(0, length));
            buffer.AsSpan(printed, length - printed).CopyTo(buffer);
            length -= printed;
            await output.FlushAsync(cancellation);
        }
    }

    /// <summary>Prints the whole messages at the front and returns how many bytes they took.</summary>
    private static int PrintWhole<TDecoder>(TextWriter output, ref TDecoder decoder, ReadOnlySpan<byte> bytes)
        where TDecoder : struct, IFrameDecoder
    {
        int offset = 0;
        while (offset < bytes.Length)
        {
            OperationStatus status =
                decoder.Decode(bytes[offset..], MaxMessageBytes, out ReadOnlySpan<byte> message, out int consumed);
            if (status == OperationStatus.NeedMoreData)
                break;
            if (status != OperationStatus.Done)
                throw new InvalidDataException("What arrives is not in this framing.");
            output.WriteLine(Encoding.UTF8.GetString(message));
            offset += consumed;
        }

        return offset;
    }
}
