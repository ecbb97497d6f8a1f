using System.Net;
using Google.Protobuf;
using Penstock.Framing;
using Penstock.KeyValue.Protocol;

namespace Penstock.KeyValue.Client;

/// <summary>
/// One connection of a client. Replies come in the order of the requests and carry no number, so the oldest request is
/// the one that is answered. Lives on its loop; only <see cref="SendAsync"/> and <see cref="IsOpen"/> are for other
/// threads.
/// </summary>
internal sealed class ClientConnection(LoopGroup group)
    : FrameHandler<LengthPrefixDecoder>(new LengthPrefixDecoder(KeyValueFrame.Format))
{
    private readonly Queue<TaskCompletionSource<KeyValueMessage>> _waiting = new();
    private Connection? _connection;
    private EventLoopContext? _loop;
    private volatile bool _isOpen;

    public bool IsOpen => _isOpen;

    public Task ConnectAsync(EndPoint server, ConnectionOptions options, CancellationToken cancellationToken) =>
        group.ConnectAsync(server, this, options, null, cancellationToken);

    /// <summary>Sends a request behind those before it. A cancelled one is still sent; its reply is dropped.</summary>
    public async Task<KeyValueMessage> SendAsync(KeyValueMessage request, CancellationToken cancellationToken)
    {
        var reply = new TaskCompletionSource<KeyValueMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        ObjectDisposedException.ThrowIf(!_loop!.Post(() => Send(request, reply)), this);
        return await reply.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends the connection; requests that were not answered fail.</summary>
    public void Close() => _loop!.Post(() => _connection?.Close());

    public override void OnOpened(Connection connection)
    {
        _connection = connection;
        _loop = connection.Loop;
        _isOpen = true;
    }

    public override void OnClosed(Connection connection, CloseReason reason)
    {
        _isOpen = false;
        _connection = null;
        while (_waiting.TryDequeue(out TaskCompletionSource<KeyValueMessage>? reply))
            reply.TrySetException(Lost(reason));
    }

    protected override void OnFrame(Connection connection, ReadOnlySpan<byte> frame)
    {
        if (!_waiting.TryDequeue(out TaskCompletionSource<KeyValueMessage>? reply))
        {
            connection.Close(CloseReason.ProtocolError);
            return;
        }

        try
        {
            reply.TrySetResult(KeyValueMessage.Parser.ParseFrom(frame));
        }
        catch (InvalidProtocolBufferException exception)
        {
            reply.TrySetException(new IOException("The server's reply is not in the protocol.", exception));
            connection.Close(CloseReason.ProtocolError);
        }
    }

    private void Send(KeyValueMessage request, TaskCompletionSource<KeyValueMessage> reply)
    {
        if (_connection is null)
        {
            reply.TrySetException(Lost(CloseReason.PeerReset));
            return;
        }

        _waiting.Enqueue(reply);
        KeyValueFrame.Write(_connection, request);
    }

    private static IOException Lost(CloseReason reason) =>
        new($"The connection ended before the reply came ({reason}); "
            + "whether the request was carried out is not known.");
}
