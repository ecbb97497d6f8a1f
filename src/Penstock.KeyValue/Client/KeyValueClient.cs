using System.Net;
using System.Net.Sockets;
using System.Text;
using Google.Protobuf;
using Penstock.KeyValue.Protocol;

namespace Penstock.KeyValue.Client;

/// <summary>
/// A client of the protobuf protocol. Requests are pipelined: any number may be under way, and they are answered in
/// their order. A connection that is lost is made again by the next request.
/// </summary>
/// <remarks>All members may be called from any thread.</remarks>
public sealed class KeyValueClient : IAsyncDisposable
{
    /// <summary>Throws instead of replacing what has no encoding: two keys must not become one.</summary>
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(1);

    private readonly EndPoint _server;
    private readonly KeyValueClientOptions _options;
    private readonly LoopGroup _group;
    private readonly CancellationTokenSource _disposed = new();
    private readonly Lock _gate = new();
    private Task<ClientConnection>? _connection;

    /// <summary>Makes a client; the first request connects.</summary>
    /// <param name="server">Where the server is; names are not resolved.</param>
    /// <param name="options">Null for the defaults.</param>
    public KeyValueClient(EndPoint server, KeyValueClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(server);
        _server = server;
        _options = options ?? new KeyValueClientOptions();
        _group = _options.Loops ?? new LoopGroup(new LoopOptions { Count = 1, MaxConnectionsPerLoop = 16 });
    }

    /// <summary>Reads a value that is text, as UTF-8; null when the key does not exist.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Stops the wait; the request itself may already be on its way.</param>
    /// <exception cref="ArgumentException">The key has half of a surrogate pair, so it has no UTF-8.</exception>
    /// <exception cref="InvalidDataException">The value is not UTF-8; <see cref="GetBytesAsync"/> reads it.</exception>
    /// <exception cref="SocketException">The server could not be reached in time.</exception>
    /// <exception cref="IOException">The connection was lost before the reply came.</exception>
    public async Task<string?> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ByteString? value = await GetCoreAsync(Encode(key), cancellationToken).ConfigureAwait(false);
        try
        {
            return value is null ? null : Utf8.GetString(value.Span);
        }
        catch (DecoderFallbackException exception)
        {
            throw new InvalidDataException(
                $"The value is not UTF-8. Read it with {nameof(GetBytesAsync)}.", exception);
        }
    }

    /// <summary>Reads a value of any bytes; null when the key does not exist.</summary>
    /// <param name="key">The key; copied.</param>
    /// <param name="cancellationToken">Stops the wait; the request itself may already be on its way.</param>
    /// <exception cref="SocketException">The server could not be reached in time.</exception>
    /// <exception cref="IOException">The connection was lost before the reply came.</exception>
    public async Task<byte[]?> GetBytesAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default)
    {
        ByteString? value = await GetCoreAsync(ByteString.CopyFrom(key.Span), cancellationToken).ConfigureAwait(false);
        return value?.ToByteArray();
    }

    /// <summary>Gives a key a value that is text, as UTF-8, whether it exists or not.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value.</param>
    /// <param name="cancellationToken">Stops the wait; the value may be stored all the same.</param>
    /// <exception cref="ArgumentException">One of them has half of a surrogate pair, so it has no UTF-8.</exception>
    /// <exception cref="KeyValueException">The server cannot store it now.</exception>
    /// <exception cref="SocketException">The server could not be reached in time.</exception>
    /// <exception cref="IOException">The connection was lost before the reply came; the value may be
    /// stored.</exception>
    public async Task PutAsync(string key, string value, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        await PutCoreAsync(Encode(key), Encode(value), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gives a key a value of any bytes, whether it exists or not.</summary>
    /// <param name="key">The key; copied.</param>
    /// <param name="value">Its value; copied.</param>
    /// <param name="cancellationToken">Stops the wait; the value may be stored all the same.</param>
    /// <exception cref="KeyValueException">The server cannot store it now.</exception>
    /// <exception cref="SocketException">The server could not be reached in time.</exception>
    /// <exception cref="IOException">The connection was lost before the reply came; the value may be
    /// stored.</exception>
    public Task PutBytesAsync(
        ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, CancellationToken cancellationToken = default) =>
        PutCoreAsync(ByteString.CopyFrom(key.Span), ByteString.CopyFrom(value.Span), cancellationToken);

    /// <summary>Ends the connection; requests that were not answered fail.</summary>
    public async ValueTask DisposeAsync()
    {
        Task<ClientConnection>? connection;
        lock (_gate)
        {
            connection = _connection;
            if (_disposed.IsCancellationRequested)
                return;
            _disposed.Cancel();
        }

        if (connection is { IsCompletedSuccessfully: true })
            connection.Result.Close();
        if (_options.Loops is null)
            await _group.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<ByteString?> GetCoreAsync(ByteString key, CancellationToken cancellationToken)
    {
        var request = new KeyValueMessage { Kind = (uint)MessageKind.Get, Key = key };
        KeyValueMessage reply = await RequestAsync(request, MessageKind.GetResponse, cancellationToken)
            .ConfigureAwait(false);
        return reply.Status == Status.Ok ? reply.Value : null;
    }

    private async Task PutCoreAsync(ByteString key, ByteString value, CancellationToken cancellationToken)
    {
        var request = new KeyValueMessage { Kind = (uint)MessageKind.PutOrUpdate, Key = key, Value = value };
        KeyValueMessage reply = await RequestAsync(request, MessageKind.PutOrUpdate, cancellationToken)
            .ConfigureAwait(false);
        if (reply.Status == Status.Ok)
            return;
        throw new KeyValueException(
            "The server did not store the value: it has no memory left, or cannot write its log.");
    }

    private static ByteString Encode(string text) => UnsafeByteOperations.UnsafeWrap(Utf8.GetBytes(text));

    private async Task<KeyValueMessage> RequestAsync(
        KeyValueMessage request, MessageKind expected, CancellationToken cancellationToken)
    {
        ClientConnection connection = await GetConnection().WaitAsync(cancellationToken).ConfigureAwait(false);
        KeyValueMessage reply = await connection.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (reply.Kind == (uint)expected)
            return reply;
        connection.Close();
        throw new IOException($"The server answered with a message of kind {reply.Kind}.");
    }

    /// <summary>The connection there is, or the attempt that is under way, or a new one: never two at a time.</summary>
    private Task<ClientConnection> GetConnection()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
            bool usable = _connection
                is { IsCompleted: false }
                or { IsCompletedSuccessfully: true, Result.IsOpen: true };
            return usable ? _connection! : _connection = ConnectAsync();
        }
    }

    private async Task<ClientConnection> ConnectAsync()
    {
        long start = _options.TimeProvider.GetTimestamp();
        TimeSpan pause = _options.RetryPause;
        while (true)
        {
            try
            {
                var connection = new ClientConnection(_group);
                await connection.ConnectAsync(_server, Limits(), _disposed.Token).ConfigureAwait(false);
                return connection;
            }
            catch (SocketException) when (_options.TimeProvider.GetElapsedTime(start) + pause < _options.ConnectTimeout)
            {
                await Task.Delay(pause, _options.TimeProvider, _disposed.Token).ConfigureAwait(false);
                pause = pause * 2 < MaxPause ? pause * 2 : MaxPause;
            }
        }
    }

    private ConnectionOptions Limits() => new()
    {
        MaxMessageBytes = _options.MaxMessageBytes,
        IdleTimeout = Timeout.InfiniteTimeSpan,
        FirstMessageTimeout = Timeout.InfiniteTimeSpan,
    };
}
