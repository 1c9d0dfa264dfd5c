using Loopwave.Storage.Tests.Conformance;
using Loopwave.Storage.Tests.Files;
using Loopwave.Testing.Storage;

namespace Loopwave.Storage.Tests.RealS3;

/// <summary>Against the server that <c>LOOPWAVE_TEST_S3_URI</c> names.</summary>
public sealed class RealBucketTests() : MediaFilesTests(new BucketBackend(S3Server.NewOptions()));
