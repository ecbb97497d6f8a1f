using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Penstock.Kestrel.Connections;

namespace Penstock.Kestrel;

/// <summary>
/// Listens and connects for Kestrel, and for whoever else uses its connection abstractions. All endpoints and outbound
/// connections share one group of loops, which runs from the first use until this is disposed.
/// </summary>
/// <remarks>All members may be called from any thread.</remarks>
public sealed class PenstockTransportFactory
    : IConnectionListenerFactory, IConnectionListenerFactorySelector, IConnectionFactory, IAsyncDisposable, IDisposable
{
    private readonly PenstockTransportOptions _options;
    private readonly ILoggerFactory _loggerFactory;
    private readonly IMemoryPoolFactory<byte>? _pools;
    private readonly IMeterFactory? _meters;
    private readonly IHostApplicationLifetime? _host;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private TransportLoops? _loops;
    private bool _disposed;

    /// <summary>Makes a transport; no loop runs before it is used.</summary>
    /// <param name="options">The transport's options.</param>
    /// <param name="loggerFactory">Gets the category <c>Penstock.Kestrel</c>.</param>
    /// <param name="memoryPoolFactory">Where buffers come from; the host has one. Null for the shared pool.</param>
    /// <param name="meterFactory">Where the stall metrics are made; null for meters of the process.</param>
    /// <param name="host">Is stopped when an endpoint or a loop breaks; null where nobody is to be told.</param>
    public PenstockTransportFactory(
        IOptions<PenstockTransportOptions> options,
        ILoggerFactory loggerFactory,
        IMemoryPoolFactory<byte>? memoryPoolFactory = null,
        IMeterFactory? meterFactory = null,
        IHostApplicationLifetime? host = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(loggerFactory);
        _options = options.Value;
        _loggerFactory = loggerFactory;
        _pools = memoryPoolFactory;
        _meters = meterFactory;
        _host = host;
    }

    /// <summary>What really runs, as in <c>epoll, level-triggered, 2 loops</c>; null before the first use.</summary>
    public string? Description => _loops?.Group.Description;

    /// <summary>
    /// Completes when the transport was disposed; fails as soon as an endpoint or a loop has ended by itself, which is
    /// also when the host is told to stop.
    /// </summary>
    public Task Completion => _completion.Task;

    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint) => endpoint switch
    {
        IPEndPoint or UnixDomainSocketEndPoint => true,
        FileHandleEndPoint file => file.FileHandleType is FileHandleType.Auto or FileHandleType.Tcp,
        _ => false,
    };

    /// <inheritdoc/>
    /// <exception cref="AddressInUseException">Somebody listens there already.</exception>
    /// <exception cref="NotSupportedException"><see cref="CanBind"/> refuses this kind of endpoint.</exception>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        cancellationToken.ThrowIfCancellationRequested();
        if (!CanBind(endpoint))
            throw new NotSupportedException($"Penstock cannot listen on {endpoint} ({endpoint.GetType().Name}).");
        try
        {
            return new(new TransportListener(Loops(), endpoint));
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(exception.Message, exception);
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// An <see cref="IPEndPoint"/> or a <see cref="UnixDomainSocketEndPoint"/>; names are not resolved.
    /// </remarks>
    public async ValueTask<ConnectionContext> ConnectAsync(
        EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        TransportLoops loops = Loops();
        var handler = new OutboundHandler(loops, endpoint);
        await loops.Group
            .ConnectAsync(endpoint, handler, loops.Unlimited, cancellationToken: cancellationToken)
            .ConfigureAwait(false);
        return handler.Connection;
    }

    /// <summary>Ends the loops; connections that are still there are reset.</summary>
    public async ValueTask DisposeAsync()
    {
        TransportLoops? loops;
        lock (_gate)
        {
            loops = _disposed ? null : _loops;
            _disposed = true;
        }

        if (loops is not null)
            await loops.DisposeAsync().ConfigureAwait(false);
        _completion.TrySetResult();
    }

    /// <summary>As <see cref="DisposeAsync"/>, for containers that are disposed synchronously.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>The loops, from the first use on.</summary>
    internal TransportLoops Loops()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _loops ??= new TransportLoops(_options, _loggerFactory, _pools, _meters, OnBroken);
        }
    }

    private void OnBroken(Exception exception)
    {
        _completion.TrySetException(exception);
        _host?.StopApplication();
    }
}
