using System.Buffers;
using System.Collections;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Penstock.Kestrel.Connections;

/// <summary>
/// The features that a connection has by itself. What the server and middleware set lies in the collection in front of
/// this, which makes its dictionary only then.
/// </summary>
internal sealed class TransportFeatures(TransportConnection connection)
    : IFeatureCollection,
    IConnectionIdFeature,
    IConnectionTransportFeature,
    IConnectionItemsFeature,
    IMemoryPoolFeature,
    IConnectionLifetimeFeature,
    IConnectionEndPointFeature,
    IConnectionSocketFeature
{
    private static readonly Type[] Provided =
    [
        typeof(IConnectionIdFeature),
        typeof(IConnectionTransportFeature),
        typeof(IConnectionItemsFeature),
        typeof(IMemoryPoolFeature),
        typeof(IConnectionLifetimeFeature),
        typeof(IConnectionEndPointFeature),
        typeof(IConnectionSocketFeature),
    ];

    public bool IsReadOnly => true;

    public int Revision => 0;

    public string ConnectionId
    {
        get => connection.ConnectionId;
        set => connection.ConnectionId = value;
    }

    public IDuplexPipe Transport
    {
        get => connection.Transport;
        set => connection.Transport = value;
    }

    public IDictionary<object, object?> Items
    {
        get => connection.Items;
        set => connection.Items = value;
    }

    public MemoryPool<byte> MemoryPool => connection.MemoryPool;

    public CancellationToken ConnectionClosed
    {
        get => connection.ConnectionClosed;
        set => connection.ConnectionClosed = value;
    }

    public EndPoint? LocalEndPoint
    {
        get => connection.LocalEndPoint;
        set => connection.LocalEndPoint = value;
    }

    public EndPoint? RemoteEndPoint
    {
        get => connection.RemoteEndPoint;
        set => connection.RemoteEndPoint = value;
    }

    public Socket Socket => connection.ManagedSocket;

    public object? this[Type key]
    {
        get => Array.IndexOf(Provided, key) >= 0 ? this : null;
        set => throw new NotSupportedException("Features are set on the connection's collection.");
    }

    public void Abort() => connection.Abort();

    public TFeature? Get<TFeature>() => (TFeature?)this[typeof(TFeature)];

    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator() =>
        Provided.Select(type => new KeyValuePair<Type, object>(type, this)).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
