import io.apicurio.registry.serde.Legacy4ByteIdHandler;
import io.apicurio.registry.serde.avro.AvroKafkaDeserializer;
import io.apicurio.registry.serde.avro.AvroKafkaSerializer;
import java.util.HexFormat;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;

/** Runs as a file: registry, topic, then `write`, a schema and its data as JSON, or `read` and bytes in hex. */
public class JavaSerde {
  public static void main(String[] args) throws Exception {
    Map<String, Object> config =
        Map.of(
            "apicurio.registry.url", args[0],
            "apicurio.registry.auto-register", true,
            "apicurio.registry.headers.enabled", false,
            "apicurio.registry.use-id", "contentId",
            // As Confluent's own serializer writes it.
            "apicurio.registry.id-handler", Legacy4ByteIdHandler.class.getName());
    if (args[2].equals("write")) {
      Schema schema = new Schema.Parser().parse(args[3]);
      GenericRecord record =
          new GenericDatumReader<GenericRecord>(schema)
              .read(null, DecoderFactory.get().jsonDecoder(schema, args[4]));
      try (var serializer = new AvroKafkaSerializer<GenericRecord>()) {
        serializer.configure(config, false);
        System.out.println(HexFormat.of().formatHex(serializer.serialize(args[1], record)));
      }
    } else {
      try (var deserializer = new AvroKafkaDeserializer<GenericRecord>()) {
        deserializer.configure(config, false);
        System.out.println(deserializer.deserialize(args[1], HexFormat.of().parseHex(args[3])));
      }
    }
  }
}
